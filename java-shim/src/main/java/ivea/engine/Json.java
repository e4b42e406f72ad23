package ivea.engine;

import groovy.json.JsonException;
import groovy.json.JsonOutput;
import groovy.json.JsonSlurper;
import java.util.Map;

/** JSON by the library that Appose itself brings. What is written is pure ASCII, so no charset can harm it. */
public final class Json {

	private Json() {}

	/**
	 * Write a map.
	 *
	 * @throws IllegalArgumentException if it holds NaN or an infinite number, which JSON does not have
	 */
	public static String write(final Map<String, ?> map) {
		try {
			return JsonOutput.toJson(map);
		}
		catch (final JsonException e) {
			throw new IllegalArgumentException(e.getMessage(), e);
		}
	}

	/**
	 * Read a map.
	 *
	 * @throws IllegalArgumentException if the text is no JSON object
	 */
	@SuppressWarnings("unchecked")
	public static Map<String, Object> read(final String text) {
		final Object value;
		try {
			value = new JsonSlurper().parseText(text);
		}
		catch (final JsonException e) {
			throw new IllegalArgumentException(e.getMessage(), e);
		}
		if (!(value instanceof Map)) throw new IllegalArgumentException("no JSON object");
		return (Map<String, Object>) value;
	}
}
