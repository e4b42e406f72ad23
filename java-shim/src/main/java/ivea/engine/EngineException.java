package ivea.engine;

/** A command that could not be done. The message is one sentence for the user, which says what to do. */
public final class EngineException extends Exception {

	private final String details;

	public EngineException(final String sentence) {
		this(sentence, "");
	}

	/**
	 * @param sentence one sentence for the user
	 * @param details what the Log should keep: a traceback, the last words of the engine; may be empty
	 */
	public EngineException(final String sentence, final String details) {
		super(sentence);
		this.details = details;
	}

	/** What the Log should keep, empty if there is nothing. */
	public String details() {
		return details;
	}
}
