package ivea.engine;

import groovy.json.JsonException;
import groovy.json.JsonOutput;
import groovy.json.JsonSlurper;
import java.util.Map;
import java.util.function.Supplier;

/** JSON by the library that Appose itself brings. What is written is pure ASCII, so no charset can harm it. */
public final class Json {

	private Json() {}

	/**
	 * Write a map.
	 *
	 * @throws IllegalArgumentException if it holds NaN or an infinite number, which JSON does not have
	 */
	public static String write(final Map<String, ?> map) {
		return withOurLoader(() -> JsonOutput.toJson(map));
	}

	/**
	 * Read a map.
	 *
	 * @throws IllegalArgumentException if the text is no JSON object
	 */
	@SuppressWarnings("unchecked")
	public static Map<String, Object> read(final String text) {
		final Object value = withOurLoader(() -> new JsonSlurper().parseText(text));
		if (!(value instanceof Map)) throw new IllegalArgumentException("no JSON object");
		return (Map<String, Object>) value;
	}

	/** The library finds its parts by the class loader of the thread, which in ImageJ knows nothing of them. */
	private static <T> T withOurLoader(final Supplier<T> work) {
		final Thread thread = Thread.currentThread();
		final ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(Json.class.getClassLoader());
		try {
			return work.get();
		}
		catch (final JsonException e) {
			throw new IllegalArgumentException(e.getMessage(), e);
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}
}
