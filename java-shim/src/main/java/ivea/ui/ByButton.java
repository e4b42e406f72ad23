package ivea.ui;

import ij.ImagePlus;
import ivea.Ivea;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A command of the menu that a button of a window starts: recorded as if it came from the menu, and run aside. */
public final class ByButton {

	private ByButton() {}

	/**
	 * Start a command, and record the line that does the same.
	 *
	 * @param entry name of its entry in the menu without dots, such as "Use Labels for Movie"
	 * @param values what differs from the initial values of the dialog
	 * @param then done in the command's thread when it has ended, well or not
	 */
	public static void start(final String entry, final ImagePlus imp, final Map<String, ?> values, final Runnable then)
		throws IOException
	{
		final ScriptHeader shortOne = header(entry + "..."), full = header(entry + " Advanced...");
		final Map<String, Object> all = filled(full, values);
		// The short entry says the same if nothing else differs, and is what people can read.
		final Map<String, Object> few = filled(shortOne, values);
		final boolean isShort = filled(full, few).equals(all);
		final ScriptHeader header = isShort ? shortOne : full;
		final Map<String, Object> told = isShort ? few : all;
		MacroOptions.record(header.title(), told);
		final Thread thread = new Thread(() -> {
			try {
				Ivea.run(header.command(), imp, told);
			}
			finally {
				then.run();
			}
		}, "IVEA " + header.title());
		thread.setDaemon(true);
		thread.start();
	}

	/** Names of all parameters of a command. */
	public static boolean asks(final String entry, final String parameter) throws IOException {
		return header(entry + " Advanced...").parameters().stream().anyMatch(one -> one.name().equals(parameter));
	}

	private static ScriptHeader header(final String title) throws IOException {
		return ScriptHeader.load(title.replace(' ', '_') + ".groovy");
	}

	/** A text for every parameter, as the recorder writes it. */
	private static Map<String, Object> filled(final ScriptHeader header, final Map<String, ?> values) {
		final Map<String, Object> all = new LinkedHashMap<>();
		for (final ScriptHeader.Parameter one : header.parameters()) {
			final Object value = values.get(one.name());
			all.put(one.name(), one.normal(value == null ? one.initial() : value.toString()));
		}
		return all;
	}
}
