package ivea.engine;

import ij.Prefs;
import ivea.Ivea;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * Finds the Python that runs the engine. A place that somebody chose is used or refused, never passed over: system
 * property, environment variable, preference, and what `ivea fiji install` wrote beside this jar. Without one, those
 * that Set Up Python... built, the active environment, and the Python of the search path are tried.
 */
final class PythonLocator {

	static final String PROPERTY = "ivea.python";
	static final String VARIABLE = "IVEA_PYTHON";
	/** Key of the preference. */
	static final String PREFERENCE = "ivea.python";
	static final String SET_UP = "choose another Python with Plugins > IVEA > Set Up Python....";

	private static final String SETTINGS = "ivea-fiji.properties";
	private static final long LIMIT_MS = 180_000;
	private static final String[] PLACES = { "bin/python", "bin/python3", "Scripts/python.exe", "python.exe",
		".venv/bin/python", ".venv/Scripts/python.exe" };
	private static final String TEST = "import appose, ivea_fiji; print(ivea_fiji.__version__)";

	private PythonLocator() {}

	/** How the engine is started. */
	static List<String> engineCommand() throws EngineException {
		return Arrays.asList(find().getPath(), "-u", "-m", "ivea_fiji.worker");
	}

	/** Version of this plugin. */
	static String version() {
		return Ivea.version();
	}

	/** The command that installs the engine into a Python. */
	static String install(final String python) {
		return "\"" + python + "\" -m pip install ivea-fiji==" + version();
	}

	/**
	 * The Python that runs the engine.
	 *
	 * @throws EngineException if there is none; the sentence names the command that makes one
	 */
	static File find() throws EngineException {
		for (final String[] chosen : chosen()) {
			final String place = chosen[0], by = chosen[1];
			if (place == null || place.trim().isEmpty()) continue;
			try {
				return check(place.trim());
			}
			catch (final EngineException e) {
				throw new EngineException(e.getMessage(), "It was chosen by " + by + ".\n" + e.details());
			}
		}
		for (final File python : offered()) {
			if (problem(python) == null) return python;
		}
		throw new EngineException("IVEA needs Python with the package ivea-fiji, and found none; use Plugins > IVEA > " +
			"Set Up Python..., or run `" + commandsToMakeOne() + "` and set the environment variable " + VARIABLE +
			" to that folder.");
	}

	/**
	 * Look whether an environment can run the engine.
	 *
	 * @param place folder of an environment, or its python program
	 * @return the program
	 */
	static File check(final String place) throws EngineException {
		final File python = program(new File(place));
		if (python == null) {
			throw new EngineException("There is no Python in '" + place + "'; " + SET_UP);
		}
		final String problem = problem(python);
		if (problem == null) return python;
		throw new EngineException("The Python '" + python + "' cannot run IVEA; run `" + install(python.getPath()) +
			"`, or " + SET_UP, problem);
	}

	/** The program of an environment, whatever made it; null if there is none. */
	static File program(final File place) {
		if (place.isFile()) return place.getAbsoluteFile();
		for (final String inside : PLACES) {
			final File python = new File(place, inside);
			if (python.isFile()) return python.getAbsoluteFile();
		}
		return null;
	}

	private static List<String[]> chosen() {
		return Arrays.asList(new String[] { System.getProperty(PROPERTY), "the system property " + PROPERTY },
			new String[] { System.getenv(VARIABLE), "the environment variable " + VARIABLE }, new String[] { Prefs.get(
				PREFERENCE, ""), "Set Up Python..." }, new String[] { installed(), "`ivea fiji install`" });
	}

	private static Set<File> offered() {
		final List<File> places = new ArrayList<>(PythonSetup.environments());
		for (final String active : new String[] { "VIRTUAL_ENV", "CONDA_PREFIX" }) {
			if (System.getenv(active) != null) places.add(new File(System.getenv(active)));
		}
		final Set<File> found = new LinkedHashSet<>();
		for (final File place : places) {
			if (program(place) != null) found.add(program(place));
		}
		found.addAll(onSearchPath("python3", "python"));
		return found;
	}

	/** Programs of the search path, in its order. */
	static List<File> onSearchPath(final String... names) {
		final List<File> found = new ArrayList<>();
		final String path = System.getenv("PATH");
		for (final String name : names) {
			for (final String folder : (path == null ? "" : path).split(File.pathSeparator)) {
				for (final String ending : new String[] { "", ".exe" }) {
					final File file = new File(folder, name + ending);
					if (!folder.isEmpty() && file.isFile() && file.canExecute()) found.add(file.getAbsoluteFile());
				}
			}
		}
		return found;
	}

	/** What is wrong with a Python, null if nothing is. */
	private static String problem(final File python) {
		final StringBuilder said = new StringBuilder();
		try {
			final int code = Subprocess.run(Arrays.asList(python.getPath(), "-c", TEST), LIMIT_MS, line -> said.append(line)
				.append('\n'), () -> false);
			if (code == 0) return null;
			return code == Subprocess.TIMED_OUT ? "no answer within " + LIMIT_MS / 1000 + " seconds" : said.toString();
		}
		catch (final IOException e) {
			return e.toString();
		}
	}

	/** What `ivea fiji install` wrote beside this jar, empty if nothing. */
	private static String installed() {
		try {
			final File jar = new File(PythonLocator.class.getProtectionDomain().getCodeSource().getLocation().toURI());
			return installed(jar.getParentFile());
		}
		catch (final URISyntaxException | IllegalArgumentException | NullPointerException e) {
			return ""; // classes that do not come from a file have no neighbours
		}
	}

	static String installed(final File folder) {
		final File settings = new File(folder, SETTINGS);
		if (!settings.isFile()) return "";
		try (InputStream in = Files.newInputStream(settings.toPath())) {
			final Properties properties = new Properties();
			properties.load(in);
			return properties.getProperty("python", "");
		}
		catch (final IOException e) {
			return "";
		}
	}

	private static String commandsToMakeOne() {
		final boolean windows = File.separatorChar == '\\';
		final String folder = new File(System.getProperty("user.home"), "ivea").getPath();
		final String python = new File(folder, windows ? "Scripts\\python.exe" : "bin/python").getPath();
		return (windows ? "py -3" : "python3") + " -m venv \"" + folder + "\" && " + install(python);
	}
}
