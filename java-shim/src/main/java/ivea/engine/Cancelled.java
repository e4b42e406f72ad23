package ivea.engine;

/** The user stopped the command. */
public final class Cancelled extends Exception {

	public Cancelled() {
		super("Cancelled.");
	}
}
