package ivea.ui;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the {@code #@} lines of a command's script declare. Fiji reads them itself; plain ImageJ reads them here, so
 * that both show the same dialog and know the same macro keys.
 */
public final class ScriptHeader {

	private static final Pattern LINE = Pattern.compile("#@\\s*(\\w+)\\s*(?:\\((.*)\\))?\\s*(\\w+)\\s*");
	private static final Pattern CALL = Pattern.compile("ivea\\.Ivea\\.run\\(\\s*\"(\\w+)\"");
	private static final Pattern ATTRIBUTE =
			Pattern.compile("(\\w+)\\s*=\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|\\{[^}]*\\}|[^,\\s]+)");
	/** Fiji knows nothing of this style and shows a text field, as it should. */
	private static final String MODEL = "model";
	private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

	private final String title;
	private final String command;
	private final boolean image;
	private final List<Parameter> parameters;

	private ScriptHeader(final String title, final String command, final boolean image, final List<Parameter> parameters) {
		this.title = title;
		this.command = command;
		this.image = image;
		this.parameters = Collections.unmodifiableList(parameters);
	}

	/**
	 * Read a script that lies beside this class' jar entries.
	 *
	 * @param file name of the script, such as {@code Detect_Random_Bursts....groovy}
	 */
	public static ScriptHeader load(final String file) throws IOException {
		try (InputStream in = ScriptHeader.class.getResourceAsStream("/ivea/commands/" + file)) {
			if (in == null) {
				throw new IOException("The script '" + file + "' is not in the IVEA jar; install IVEA again.");
			}
			final StringBuilder text = new StringBuilder();
			final BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				text.append(line).append('\n');
			}
			return parse(file, text.toString());
		}
	}

	/** Read the text of a script; the menu title follows from its file name as in Fiji. */
	static ScriptHeader parse(final String file, final String text) {
		boolean image = false;
		final List<Parameter> parameters = new ArrayList<>();
		for (final String line : text.split("\n")) {
			final Matcher match = LINE.matcher(line);
			if (!match.matches()) {
				continue;
			}
			if ("ImagePlus".equals(match.group(1))) {
				image = true;
			}
			else {
				parameters.add(new Parameter(match.group(1), attributes(match.group(2)), match.group(3)));
			}
		}
		final Matcher call = CALL.matcher(text);
		if (!call.find()) {
			throw new IllegalArgumentException("The script '" + file + "' does not call ivea.Ivea.run.");
		}
		return new ScriptHeader(file.replaceAll("\\.groovy$", "").replace('_', ' '), call.group(1), image, parameters);
	}

	private static Map<String, String> attributes(final String text) {
		final Map<String, String> found = new LinkedHashMap<>();
		final Matcher match = ATTRIBUTE.matcher(text == null ? "" : text);
		while (match.find()) {
			found.put(match.group(1), match.group(2));
		}
		return found;
	}

	private static String unquoted(final String text) {
		final Matcher match = QUOTED.matcher(text);
		return match.matches() ? match.group(1).replaceAll("\\\\(.)", "$1") : text;
	}

	/** As the menu shows it. */
	public String title() {
		return title;
	}

	/** What the engine calls it. */
	public String command() {
		return command;
	}

	/** Whether it works on the image that is open. */
	public boolean needsImage() {
		return image;
	}

	/** What it asks, in order. */
	public List<Parameter> parameters() {
		return parameters;
	}

	/** One parameter. */
	public static final class Parameter {
		private final String type;
		private final Map<String, String> attributes;
		private final String name;

		private Parameter(final String type, final Map<String, String> attributes, final String name) {
			this.type = type;
			this.attributes = attributes;
			this.name = name;
		}

		/** Name in scripts, key in macros. */
		public String name() {
			return name;
		}

		/** What stands before its field. */
		public String label() {
			return attribute("label", name);
		}

		/** One or two sentences of help. */
		public String description() {
			return attribute("description", "");
		}

		/** Value if the user gives none, as text. */
		public String initial() {
			return attribute("value", isFlag() ? "false" : "");
		}

		/** Texts to choose from; empty if any text is allowed. */
		public List<String> choices() {
			final List<String> found = new ArrayList<>();
			final Matcher match = QUOTED.matcher(attribute("choices", ""));
			while (match.find()) {
				found.add(match.group(1));
			}
			return found;
		}

		public boolean isFlag() {
			return "Boolean".equals(type);
		}

		public boolean isWhole() {
			return "Integer".equals(type);
		}

		public boolean isNumber() {
			return isWhole() || "Double".equals(type);
		}

		public boolean isFolder() {
			return "directory".equals(attribute("style", ""));
		}

		public boolean isFile() {
			return "file".equals(attribute("style", "")) || "File".equals(type) && !isFolder();
		}

		/** Whether it names a model. */
		public boolean isModel() {
			return attribute("style", "").startsWith(MODEL);
		}

		/** Which models can be named: 'random' or 'stationary', empty for all. */
		public String module() {
			return attribute("style", "").replaceFirst("^" + MODEL + ":?", "");
		}

		/** Whether it names classes of the model that another parameter names. */
		public boolean isClasses() {
			return "classes".equals(attribute("style", ""));
		}

		private String attribute(final String key, final String missing) {
			final String value = attributes.get(key);
			return value == null ? missing : unquoted(value);
		}

		/** A text without {@link #fault} as Fiji's recorder would write the value. */
		public String normal(final String text) {
			return isWhole() ? String.valueOf(Integer.parseInt(text.trim())) : isNumber() ? String.valueOf(Double
				.parseDouble(text.trim())) : text;
		}

		/**
		 * Say in one sentence why a text cannot be a value of this parameter, or return null.
		 *
		 * <p>Only kind and range are looked at, to keep a dialog open; the engine has the last word.
		 */
		public String fault(final String text) {
			if (isFlag() && !"true".equals(text) && !"false".equals(text)) {
				return label() + " (" + name + ") must be true or false, not '" + text + "'.";
			}
			if (!choices().isEmpty() && !choices().contains(text)) {
				return label() + " (" + name + ") must be one of " + String.join(", ", choices()) + ", not '" + text
						+ "'.";
			}
			return isNumber() ? numberFault(text) : null;
		}

		private String numberFault(final String text) {
			double value;
			try {
				value = isWhole() ? Integer.parseInt(text.trim()) : Double.parseDouble(text.trim());
			}
			catch (NumberFormatException e) {
				final String kind = isWhole() ? "a whole number" : "a number with a decimal point";
				return label() + " (" + name + ") must be " + kind + ", not '" + text + "'.";
			}
			final String min = attribute("min", null);
			final String max = attribute("max", null);
			if (min != null && value < Double.parseDouble(min) || max != null && value > Double.parseDouble(max)) {
				return label() + " (" + name + ") must be " + (max == null ? "at least " + min
						: min == null ? "at most " + max : "from " + min + " to " + max) + ", not " + text + ".";
			}
			return null;
		}
	}
}
