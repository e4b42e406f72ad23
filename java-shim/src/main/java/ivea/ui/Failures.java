package ivea.ui;

import ij.IJ;
import ij.Macro;
import ij.macro.Interpreter;

/** Tells the user what went wrong, in the way that fits where the command was called. */
public final class Failures {

	private static final long PATIENCE_MS = 2000;

	private Failures() {}

	/**
	 * Tell one sentence: in a dialog if a person started the command; in the Log if a macro did, which is stopped then.
	 * Without either, the caller must see it.
	 *
	 * @param sentence what went wrong and what to do
	 * @param details what only the Log should keep, may be empty
	 * @throws IllegalStateException with the sentence, if there is neither a macro nor a display
	 */
	public static void tell(final String sentence, final String details) {
		if (!details.isEmpty()) IJ.log(details);
		if (IJ.isMacro()) {
			IJ.log("IVEA: " + sentence + " (The macro was stopped.)");
			stopMacro();
		}
		else if (Results.hasWindows()) IJ.showMessage("IVEA", sentence);
		else {
			IJ.log("IVEA: " + sentence);
			throw new IllegalStateException(sentence);
		}
	}

	/** Tell that the user stopped a command; a macro that runs it stops too. */
	public static void tellCancelled() {
		IJ.showStatus("IVEA: cancelled");
		if (!IJ.isMacro()) return;
		IJ.log("IVEA: cancelled. (The macro was stopped.)");
		stopMacro();
	}

	/**
	 * End the macro that runs this command, as soon as the command returns.
	 *
	 * <p>
	 * Neither an exception nor {@code Macro.abort()} alone ends it. {@code abortMacro} does, but waits for the macro's
	 * end, and the macro waits for us: hence the other thread.
	 */
	private static void stopMacro() {
		final Interpreter macro = Interpreter.getInstance();
		if (macro == null) {
			// A script that called IJ.run: ImageJ ends it when the command returns.
			Macro.abort();
			return;
		}
		final Thread stopper = new Thread(macro::abortMacro, "IVEA stops macro");
		stopper.setDaemon(true);
		stopper.start();
		final long start = System.currentTimeMillis();
		while (!macro.done() && System.currentTimeMillis() - start < PATIENCE_MS) IJ.wait(5);
	}
}
