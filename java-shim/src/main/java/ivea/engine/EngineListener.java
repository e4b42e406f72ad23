package ivea.engine;

/** Who watches a command. Both methods are called on the thread of {@link Engine#run}, many times a second. */
public interface EngineListener {

	/**
	 * The command got on.
	 *
	 * @param message what it does now, for the status bar
	 * @param current how much of it is done
	 * @param maximum how much there is, 0 if not known
	 */
	void progress(String message, long current, long maximum);

	/** Whether the user wants the command to stop. */
	boolean cancelRequested();
}
