package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ivea.Ivea;
import ivea.engine.Cancelled;
import ivea.engine.EngineException;
import ivea.engine.EngineListener;
import ivea.engine.PythonSetup;
import ivea.ui.label.LabelCommand;
import java.util.Map;

/** The commands that the host does itself: Review and Label Events..., Set Up Python... and About IVEA. */
public final class HostCommands {

	private HostCommands() {}

	/** Whether a command is one of these. */
	public static boolean has(final String command) {
		return command.equals("set_up_python") || command.equals("about_ivea") || opensWindow(command);
	}

	/** Whether its window says enough, so that no message is needed. */
	public static boolean opensWindow(final String command) {
		return command.equals("review_and_label_events");
	}

	/**
	 * Do one of these commands.
	 *
	 * @param imp the active image, null if there is none
	 * @return what to tell the user
	 */
	public static String run(final String command, final ImagePlus imp, final Map<String, ?> params,
		final EngineListener listener) throws EngineException, Cancelled
	{
		if (opensWindow(command)) return LabelCommand.run(imp, params, listener);
		return command.equals("about_ivea") ? about(listener) : setUp(params, listener);
	}

	private static String setUp(final Map<String, ?> params, final EngineListener listener) throws EngineException,
		Cancelled
	{
		final String action = String.valueOf(params.get("action"));
		final String environment = params.get("environment") == null ? "" : params.get("environment").toString();
		switch (action) {
			case "check":
				return PythonSetup.check(listener);
			case "use":
				if (environment.isEmpty()) {
					throw new EngineException("Name the folder of a Python environment, or its python program, to use it.");
				}
				return PythonSetup.use(environment);
			case "build":
				return PythonSetup.build(IJ::log, listener);
			default:
				throw new EngineException("The action must be check, use or build, not '" + action + "'.");
		}
	}

	private static String about(final EngineListener listener) throws Cancelled {
		String python;
		try {
			python = PythonSetup.check(listener);
		}
		catch (final EngineException e) {
			python = e.getMessage();
		}
		return "IVEA for Fiji " + Ivea.version() + " finds and classifies exocytosis in fluorescence movies.\n" +
			python + "\n \n" +
			"Please cite it and the paper whose method it implements:\n" +
			"Chouaib et al., Highly adaptable deep-learning platform for automated detection and analysis\n" +
			"of vesicle exocytosis. Nature Communications 2025, https://doi.org/10.1038/s41467-025-61579-3\n \n" +
			"Licence: BSD-3-Clause";
	}
}
