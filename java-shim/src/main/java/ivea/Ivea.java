package ivea;

import ij.ImagePlus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;

/** The one entry of all scripts and menu commands. */
public final class Ivea {

	private Ivea() {}

	/**
	 * Run a command, show its results, and return what it answered.
	 *
	 * @param command name of the command, such as "detect_random_bursts"
	 * @param imp the active image; null or empty if the command needs none
	 * @param params parameters by name
	 * @return the reply as a map: "status", "message", "folder", "tables", ...
	 */
	public static Map<String, Object> run(final String command, final ImagePlus imp, final Map<String, ?> params) {
		throw new UnsupportedOperationException(command);
	}

	/** Version of this jar, the same as the Python package's. */
	public static String version() {
		try (InputStream in = Ivea.class.getResourceAsStream("/ivea/version.properties")) {
			final Properties properties = new Properties();
			properties.load(in);
			return properties.getProperty("version");
		}
		catch (final IOException e) {
			throw new UncheckedIOException(e);
		}
	}
}
