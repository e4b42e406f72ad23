package ivea;

import ij.IJ;
import ij.ImagePlus;
import ivea.engine.Cancelled;
import ivea.engine.Engine;
import ivea.engine.EngineException;
import ivea.engine.Reply;
import ivea.engine.RoiChoice;
import ivea.ui.Failures;
import ivea.ui.HostCommands;
import ivea.ui.Results;
import ivea.ui.StatusProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The one entry of all scripts and menu commands. */
public final class Ivea {

	/** What a command says that has no image to work on. */
	public static final String NO_IMAGE = "There is no image; open a movie first.";

	private Ivea() {}

	/**
	 * Run a command, show its results, and return what it answered.
	 *
	 * <p>
	 * What goes wrong is told to the user in one sentence, and a macro that runs the command is stopped.
	 *
	 * @param command name of the command, such as "detect_random_bursts"
	 * @param imp the active image; null or empty if there is none
	 * @param params parameters by name
	 * @return the reply as a map: "status" ("done", "error" or "cancelled"), "message", "folder", "tables", ...; of
	 *         all open movies, their "replies"
	 * @throws IllegalStateException if it failed and there is neither a display nor a macro to tell it to
	 */
	public static Map<String, Object> run(final String command, final ImagePlus imp, final Map<String, ?> params) {
		try {
			// Scripts in Fiji get an empty image where none is open.
			if (imp != null && imp.getWidth() == 0) throw new EngineException(NO_IMAGE);
			return done(command, imp, params);
		}
		catch (final Cancelled e) {
			Failures.tellCancelled();
			return reply("cancelled", e.getMessage());
		}
		catch (final EngineException e) {
			Failures.tell(e.getMessage(), e.details());
			return reply("error", e.getMessage());
		}
		catch (final IOException e) {
			final String message = "The results cannot be shown (" + e.getMessage() + "); run the command again.";
			Failures.tell(message, "");
			return reply("error", message);
		}
	}

	private static Map<String, Object> done(final String command, final ImagePlus imp, final Map<String, ?> params)
		throws EngineException, Cancelled, IOException
	{
		if (HostCommands.has(command)) {
			final String message = hostRun(command, imp, params);
			if (HostCommands.opensWindow(command)) IJ.showStatus("IVEA: " + message);
			else if (Results.hasWindows() && !IJ.isMacro()) IJ.showMessage("IVEA", message);
			else IJ.log(message);
			return reply("done", message);
		}
		if (!isOn(params, "all_movies")) return shown(command, imp, params).asMap();
		final List<Map<String, Object>> replies = new ArrayList<>();
		for (final ImagePlus movie : Results.openMovies()) replies.add(shown(command, movie, params).asMap());
		if (replies.isEmpty()) throw new EngineException(NO_IMAGE);
		final Map<String, Object> all = reply("done", replies.size() + " movies: done.");
		all.put("replies", replies);
		return all;
	}

	private static Reply shown(final String command, final ImagePlus imp, final Map<String, ?> params)
		throws EngineException, Cancelled, IOException
	{
		final Reply reply;
		try (StatusProgress progress = new StatusProgress("IVEA")) {
			// Only who asks which ROIs are meant gets them: writing many takes time.
			final RoiChoice rois = params.containsKey("roi_choice") ? Results.managerRois() : RoiChoice.NONE;
			reply = Engine.get().run(command, params, imp, rois, progress);
		}
		Results.show(reply, imp, isOn(params, "show_overlay"));
		return reply;
	}

	/** Whether a flag that only concerns the host is set. */
	private static boolean isOn(final Map<String, ?> params, final String name) {
		return Boolean.parseBoolean(String.valueOf(params.get(name)));
	}

	private static String hostRun(final String command, final ImagePlus imp, final Map<String, ?> params)
		throws EngineException, Cancelled
	{
		try (StatusProgress progress = new StatusProgress("IVEA")) {
			return HostCommands.run(command, imp, params, progress);
		}
	}

	private static Map<String, Object> reply(final String status, final String message) {
		final Map<String, Object> reply = new LinkedHashMap<>();
		reply.put("status", status);
		reply.put("message", message);
		return reply;
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
