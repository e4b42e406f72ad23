package ivea.ui.label;

import ij.ImagePlus;
import ij.gui.Roi;
import ivea.engine.Cancelled;
import ivea.engine.Engine;
import ivea.engine.EngineException;
import ivea.engine.EngineListener;
import ivea.engine.Json;
import ivea.engine.Reply;
import ivea.engine.RoiChoice;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.ui.ByButton;
import ivea.ui.MoviePlace;
import ivea.ui.Results;
import ivea.ui.RoiLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where events to label come from. */
final class LabelSources {

	private static final String TRAINING = "_training_rois.zip", EVENTS = "_rois.zip", RUN = "_run.json";
	/** Stands in settings in place of all others where events are not of random bursts. */
	static final String MODULE = "module";
	private static final String RANDOM = "random_bursts";

	private LabelSources() {}

	/** The ROIs of the ROI Manager, which stay as they are. */
	static List<Label> manager(final ImagePlus imp, final LabelClasses classes) throws EngineException {
		final List<Roi> rois = Results.managerRois().rois();
		if (rois.isEmpty()) {
			throw new EngineException("The ROI Manager is empty; add ROIs to it, or choose other events (events_from).");
		}
		return checked(LabelRois.labels(rois, MoviePlace.frames(imp), classes), "the ROI Manager", imp);
	}

	/** A ROI set. */
	static List<Label> file(final Path file, final ImagePlus imp, final LabelClasses classes)
		throws EngineException {
		try {
			final List<Roi> rois = RoiLoader.load(file.toString(), null);
			// What is no zip at all reads as an empty one.
			if (rois.isEmpty()) throw new IOException("no ROIs");
			return checked(LabelRois.labels(rois, MoviePlace.frames(imp), classes), "'" + file.getFileName() + "'", imp);
		}
		catch (final IOException | RuntimeException e) {
			throw new EngineException("'" + file + "' cannot be read as an ImageJ ROI set (.zip); save it anew from ImageJ.",
				e.toString());
		}
	}

	/** The results of a run: all candidates if they were kept, else the events. */
	static List<Label> folder(final Path folder, final String stem, final ImagePlus imp,
		final LabelClasses classes) throws EngineException {
		for (final String ending : new String[] { TRAINING, EVENTS }) {
			final Path file = folder.resolve(stem + ending);
			if (Files.isRegularFile(file)) return file(file, imp, classes);
		}
		throw new EngineException("There are no results of '" + stem + "' in '" + folder + "' (" + stem + EVENTS +
			"); choose the folder of its results.");
	}

	/** How the events of a result folder were looked for. */
	static Map<String, Object> settings(final Path folder, final String stem) {
		return settings(folder.resolve(stem + RUN));
	}

	/** How the events of the last run were looked for. */
	static Map<String, Object> lastSettings(final ImagePlus imp) {
		final Path events = Paths.get(Results.last(imp).rois());
		return settings(events.resolveSibling(events.getFileName().toString().replace(EVENTS, RUN)));
	}

	/**
	 * What a run record tells of how events were looked for, by the engine's names: empty if there is none that can be
	 * read; "module" alone if it was not for random bursts, which alone can be judged anew.
	 */
	private static Map<String, Object> settings(final Path record) {
		final Map<String, Object> settings = new LinkedHashMap<>();
		try {
			final Map<String, Object> run = Json.read(new String(Files.readAllBytes(record), StandardCharsets.UTF_8));
			final Object module = run.getOrDefault(MODULE, RANDOM);
			if (!RANDOM.equals(module)) return Collections.singletonMap(MODULE, module);
			for (final Map.Entry<?, ?> one : ((Map<?, ?>) run.get("parameters")).entrySet()) {
				final String name = one.getKey().toString();
				if (ByButton.asks(JudgeBar.USE, name)) settings.put(name, one.getValue());
			}
		}
		catch (final IOException | RuntimeException e) {
			settings.clear();
		}
		return settings;
	}

	/** What the last run in this ImageJ found in the movie. */
	static List<Label> lastResult(final ImagePlus imp, final LabelClasses classes) throws EngineException {
		final Reply reply = Results.last(imp);
		if (reply == null) {
			throw new EngineException("There is no result of '" + imp.getTitle() + "' yet; detect events in it, or choose " +
				"other events (events_from).");
		}
		final Path events = Paths.get(reply.rois());
		final Path all = events.resolveSibling(events.getFileName().toString().replace(EVENTS, TRAINING));
		return file(Files.isRegularFile(all) ? all : events, imp, classes);
	}

	/**
	 * All candidates, also those the network does not take for events, by the engine's detection.
	 *
	 * @param model name or folder of the network
	 * @param channel the channel, from 1; 0 for the one that is shown
	 */
	static List<Label> candidates(final ImagePlus imp, final LabelClasses classes, final String model,
		final int channel, final EngineListener listener) throws EngineException, Cancelled
	{
		final Map<String, Object> params = new LinkedHashMap<>();
		params.put("model", model);
		params.put("channel", channel);
		params.put("training_rois", true);
		params.put("overview", false);
		final Reply reply = Engine.get().run("detect_random_bursts", params, imp, RoiChoice.NONE, listener);
		try (Stream<Path> files = Files.list(Paths.get(reply.folder()))) {
			final Path file = files.filter(path -> path.toString().endsWith(TRAINING)).findFirst().orElse(null);
			if (file != null) return file(file, imp, classes);
			throw new EngineException("No candidate was found in '" + imp.getTitle() + "'; add events by click instead.");
		}
		catch (final IOException e) {
			throw new EngineException("The candidates cannot be read; start the command again.", e.toString());
		}
	}

	private static List<Label> checked(final List<Label> labels, final String from, final ImagePlus imp)
		throws EngineException
	{
		labels.removeIf(label -> label.x < -0.5 || label.y < -0.5 || label.x > imp.getWidth() || label.y > imp.getHeight());
		if (labels.isEmpty()) {
			throw new EngineException("No ROI of " + from + " stands on a frame inside '" + imp.getTitle() + "' (" + imp
				.getWidth() + " x " + imp.getHeight() + " px, " + MoviePlace.frames(imp) + " frames); choose those of this movie.");
		}
		return labels;
	}
}
