package ivea.engine;

import java.util.function.Consumer;

/** What Set Up Python... does: check, choose or build the environment that runs the engine. */
public final class PythonSetup {

	private PythonSetup() {}

	/**
	 * Start the engine and tell which Python it runs on.
	 *
	 * @return one sentence with Python, versions and device
	 */
	public static String check() throws EngineException {
		throw new EngineException("not yet");
	}

	/**
	 * Use an environment from now on, in this and later sessions.
	 *
	 * @param environment folder of a venv or conda environment, or its python program
	 * @return one sentence
	 */
	public static String use(final String environment) throws EngineException {
		throw new EngineException("not yet");
	}

	/**
	 * Build an environment from the package index and use it from now on. Nothing is built without a display.
	 *
	 * @param log gets every line the tools print
	 * @param listener gets the progress and says when to stop
	 * @return one sentence
	 */
	public static String build(final Consumer<String> log, final EngineListener listener) throws EngineException,
		Cancelled
	{
		throw new EngineException("not yet");
	}
}
