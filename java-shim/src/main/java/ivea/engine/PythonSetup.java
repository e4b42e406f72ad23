package ivea.engine;

import ij.IJ;
import ij.Prefs;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What Set Up Python... does: check, choose or build the environment that runs the engine. */
public final class PythonSetup {

	/** System property: what is installed instead of the released package, for example a wheel. */
	static final String PACKAGE = "ivea.package";
	/** System property: folder of the environments instead of the usual one. */
	static final String ENVIRONMENTS = "ivea.environments";

	private static final String WHOLE = "ivea-complete";
	/** Versions the engine runs on. */
	private static final String PYTHON_VERSION = ">=3.11,<3.14";
	private static final long LIMIT_MS = 3_600_000;
	private static final long QUESTION_MS = 60_000;

	private PythonSetup() {}

	/**
	 * Start the engine and tell which Python it runs on.
	 *
	 * @return one sentence with Python, versions and device
	 */
	public static String check(final EngineListener listener) throws EngineException, Cancelled {
		final Map<String, Object> hello = Engine.get().describe(listener);
		return String.format("IVEA %s runs on Python %s in '%s' (%s).", hello.get("ivea"), hello.get("python"), hello.get(
			"executable"), hello.get("device"));
	}

	/**
	 * Use an environment from now on, in this and later sessions.
	 *
	 * @param environment folder of a venv or conda environment, or its python program
	 * @return one sentence
	 */
	public static String use(final String environment) throws EngineException {
		if (environment.trim().isEmpty()) {
			throw new EngineException("No environment was named; give the folder of one in which ivea-fiji is installed.");
		}
		final File python = PythonLocator.check(environment.trim());
		Prefs.set(PythonLocator.PREFERENCE, python.getPath());
		// Without ImageJ's window the preferences were never read, and writing them would lose the user's.
		final boolean kept = IJ.getInstance() != null;
		if (kept) Prefs.savePreferences();
		Engine.get().close();
		return "IVEA now uses '" + python + "'" + (kept ? "." : " until this ImageJ ends; set the environment variable " +
			PythonLocator.VARIABLE + " to keep it.");
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
		final String what = System.getProperty(PACKAGE, "ivea-fiji==" + PythonLocator.version());
		if (GraphicsEnvironment.isHeadless()) {
			throw new EngineException("No environment is built without a display; run `python3 -m venv FOLDER` and `" +
				"FOLDER/bin/python -m pip install " + what + "`, and set the environment variable " +
				PythonLocator.VARIABLE + " to FOLDER.");
		}
		return use(build(what, tool(), log, listener).getPath());
	}

	/** Environments that were built whole, the newest first. */
	static List<File> environments() {
		final File[] found = folder().listFiles(file -> new File(file, WHOLE).isFile());
		final List<File> environments = new ArrayList<>(found == null ? new ArrayList<>() : Arrays.asList(found));
		environments.sort(Comparator.comparingLong(File::lastModified).reversed());
		return environments;
	}

	/**
	 * Build an environment, or return the one that was built from the same before.
	 *
	 * @param tool `uv`, or a Python that makes a venv
	 */
	static File build(final String what, final File tool, final Consumer<String> log, final EngineListener listener)
		throws EngineException, Cancelled
	{
		final File environment = new File(folder(), name(what));
		final File whole = new File(environment, WHOLE);
		if (whole.isFile()) {
			log.accept("'" + environment + "' was built from the same before.");
			return environment;
		}
		TemporaryFolder.delete(environment);
		boolean done = false;
		try {
			Files.createDirectories(folder().toPath());
			final boolean uv = tool.getName().startsWith("uv");
			final List<String> make = uv ? Arrays.asList(tool.getPath(), "venv", "--seed", "--python", PYTHON_VERSION,
				environment.getPath()) : Arrays.asList(tool.getPath(), "-m", "venv", environment.getPath());
			step("Making the environment", make, log, listener);
			final String python = PythonLocator.program(environment).getPath();
			final List<String> fill = uv ? Arrays.asList(tool.getPath(), "pip", "install", "--compile-bytecode", "--python",
				python, what) : Arrays.asList(python, "-m", "pip", "install", "--disable-pip-version-check", what);
			step("Installing " + what, fill, log, listener);
			Files.write(whole.toPath(), what.getBytes(StandardCharsets.UTF_8));
			done = true;
			return environment;
		}
		catch (final IOException e) {
			throw new EngineException("The environment cannot be built in '" + folder() + "'; see the Log window.", e
				.toString());
		}
		finally {
			if (!done) TemporaryFolder.delete(environment);
		}
	}

	private static void step(final String title, final List<String> command, final Consumer<String> log,
		final EngineListener listener) throws EngineException, Cancelled, IOException
	{
		listener.progress(title, 0, 0);
		log.accept("> " + String.join(" ", command));
		final int code = Subprocess.run(command, LIMIT_MS, log, () -> {
			listener.progress(title, 0, 0);
			return listener.cancelRequested();
		});
		if (code == Subprocess.STOPPED) throw new Cancelled();
		if (code != 0) {
			throw new EngineException(title + " failed; the Log window has the reason, and Set Up Python... tries again.",
				String.join(" ", command) + (code == Subprocess.TIMED_OUT ? " ran too long" : " ended with " + code));
		}
	}

	/** `uv` if there is one, else a Python that is new enough. */
	private static File tool() throws EngineException {
		final List<File> uvs = PythonLocator.onSearchPath("uv");
		final String home = System.getProperty("user.home");
		for (final String place : new String[] { ".local/bin/uv", ".local/bin/uv.exe", ".cargo/bin/uv" }) {
			if (new File(home, place).isFile()) uvs.add(new File(home, place));
		}
		if (!uvs.isEmpty()) return uvs.get(0);
		for (final File python : PythonLocator.onSearchPath("python3.13", "python3.12", "python3.11", "python3",
			"python"))
		{
			if (isNewEnough(python)) return python;
		}
		throw new EngineException("An environment is built with uv, or with Python 3.11 or newer, and neither was found; " +
			"install uv (https://docs.astral.sh/uv) and choose Set Up Python... again.");
	}

	private static boolean isNewEnough(final File python) {
		final String question = "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))";
		try {
			return Subprocess.run(Arrays.asList(python.getPath(), "-c", question), QUESTION_MS, line -> {}, () -> false) == 0;
		}
		catch (final IOException e) {
			return false;
		}
	}

	/** Name of an environment: another content never meets an older environment. */
	static String name(final String what) throws EngineException {
		try {
			final MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update((what + "\n" + PYTHON_VERSION + "\n" + System.getProperty("os.arch")).getBytes(
				StandardCharsets.UTF_8));
			final File local = new File(what);
			if (local.isFile()) digest.update(Files.readAllBytes(local.toPath()));
			final byte[] hash = digest.digest();
			return String.format("ivea-fiji-%s-%02x%02x%02x%02x", PythonLocator.version(), hash[0], hash[1], hash[2],
				hash[3]);
		}
		catch (final NoSuchAlgorithmException e) {
			throw new AssertionError(e); // every Java has SHA-256
		}
		catch (final IOException e) {
			throw new EngineException("'" + what + "' cannot be read.", e.toString());
		}
	}

	private static File folder() {
		final String told = System.getProperty(ENVIRONMENTS);
		if (told != null) return new File(told);
		final String home = System.getProperty("user.home"), local = System.getenv("LOCALAPPDATA"), data = System.getenv(
			"XDG_DATA_HOME");
		if (IJ.isWindows() && local != null) return new File(local, "ivea/environments");
		if (IJ.isMacOSX()) return new File(home, "Library/Application Support/ivea/environments");
		return new File(data != null ? new File(data) : new File(home, ".local/share"), "ivea/environments");
	}
}
