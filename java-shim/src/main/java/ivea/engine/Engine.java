package ivea.engine;

import ij.ImagePlus;
import java.util.Map;

/** The Python engine: one warm process for this ImageJ, one command at a time. */
public final class Engine {

	private static final Engine INSTANCE = new Engine();

	private Engine() {}

	/** The engine of this ImageJ. */
	public static Engine get() {
		return INSTANCE;
	}

	/**
	 * Run a command and wait for its end. A second caller waits until the first one is served.
	 *
	 * @param command name of the command
	 * @param params its parameters: text, numbers, booleans
	 * @param imp the image it works on, or null; never changed
	 * @param rois ROIs of the ROI Manager; {@link RoiChoice#NONE} for none
	 * @param listener gets the progress and says when to stop
	 * @return what the command answered
	 * @throws EngineException if it could not be done
	 * @throws Cancelled if the listener wanted it to stop
	 */
	public Reply run(final String command, final Map<String, ?> params, final ImagePlus imp, final RoiChoice rois,
		final EngineListener listener) throws EngineException, Cancelled
	{
		throw new EngineException("The engine cannot run " + command + " yet.");
	}

	/** End the process; the next command starts a new one. */
	public void close() {}
}
