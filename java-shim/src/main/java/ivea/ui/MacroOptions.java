package ivea.ui;

import ij.plugin.frame.Recorder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The options of a recorded line. What Fiji's own recorder writes for a script ({@code key=value} for every parameter,
 * {@code true} and {@code false} written out) is written and read here, so that one line works in Fiji and ImageJ.
 */
final class MacroOptions {

	private static final Pattern OPTION = Pattern.compile("\\s*([^\\s=\\[\\]']+)(?:=(\\[|'[^']*'|\\S*))?");

	private MacroOptions() {}

	/**
	 * Read the options of a macro's {@code run(command, options)}.
	 *
	 * @return a text for every parameter, its initial value where the options name none
	 * @throws IllegalArgumentException with one sentence if a key is unknown or a value cannot be used
	 */
	static Map<String, Object> parse(final ScriptHeader header, final String options) {
		final Map<String, String> given = split(options);
		final Map<String, Object> values = new LinkedHashMap<>();
		for (final ScriptHeader.Parameter parameter : header.parameters()) {
			final String text = given.containsKey(parameter.name()) ? given.remove(parameter.name()) : parameter.initial();
			if (text == null) {
				throw new IllegalArgumentException("'" + parameter.name() + "' needs a value in a macro, such as "
						+ parameter.name() + "=" + (parameter.isFlag() ? "true" : parameter.initial()) + ".");
			}
			final String fault = parameter.fault(text);
			if (fault != null) {
				throw new IllegalArgumentException(fault);
			}
			values.put(parameter.name(), text);
		}
		if (!given.isEmpty()) {
			throw new IllegalArgumentException("'" + header.title() + "' has no parameter '"
					+ given.keySet().iterator().next() + "'; known ones are " + String.join(", ", values.keySet())
					+ ".");
		}
		return values;
	}

	/** Split options into keys and texts; a key without {@code =} has the text null. */
	private static Map<String, String> split(final String options) {
		final Map<String, String> found = new LinkedHashMap<>();
		final Matcher match = OPTION.matcher(options);
		int at = 0;
		while (at < options.length() && match.find(at) && match.start() == at) {
			String value = match.group(2);
			at = match.end();
			if ("[".equals(value)) {
				int end = closing(options, at);
				value = options.substring(at, end);
				at = Math.min(end + 1, options.length());
			}
			else if (value != null && value.length() > 1 && value.startsWith("'")) {
				value = value.substring(1, value.length() - 1);
			}
			found.put(match.group(1), value);
		}
		if (!options.substring(at).trim().isEmpty()) {
			throw new IllegalArgumentException("The macro's options cannot be read at '" + options.substring(at).trim()
					+ "'; write key=value pairs, with [ ] around values that contain spaces.");
		}
		return found;
	}

	private static int closing(final String options, final int from) {
		int depth = 1;
		for (int i = from; i < options.length(); i++) {
			depth += options.charAt(i) == '[' ? 1 : options.charAt(i) == ']' ? -1 : 0;
			if (depth == 0) {
				return i;
			}
		}
		return options.length();
	}

	/** Write the line into ImageJ's recorder, if it is open, and finish it. */
	static void record(final Map<String, Object> values) {
		if (!Recorder.record) {
			return;
		}
		Recorder.resetCommandOptions();
		for (final Map.Entry<String, Object> entry : values.entrySet()) {
			final String text = String.valueOf(entry.getValue());
			Recorder.recordOption(entry.getKey(), text.isEmpty() ? "[]" : escaped(text));
		}
		// At once: until a long command ends, other commands would take the recorder's place for it.
		Recorder.saveCommand();
	}

	/** Write a whole line into ImageJ's recorder, if it is open, for something that was done by a button. */
	static void record(final String command, final Map<String, Object> values) {
		if (!Recorder.record) {
			return;
		}
		Recorder.setCommand(command);
		record(values);
	}

	/** A text as it stands between the quotes of a macro's string. */
	private static String escaped(final String text) {
		return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t");
	}
}
