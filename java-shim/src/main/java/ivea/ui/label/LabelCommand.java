package ivea.ui.label;

import ij.IJ;
import ij.ImagePlus;
import ij.io.FileInfo;
import ivea.Ivea;
import ivea.engine.Cancelled;
import ivea.engine.EngineException;
import ivea.engine.EngineListener;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.LabelOrder;
import ivea.label.LabelStore;
import ivea.ui.MoviePlace;
import ivea.ui.Results;
import java.awt.EventQueue;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Review and Label Events...: finds the events to look at, opens what was said of them before, and shows the window. */
public final class LabelCommand {

	/** Frames that two labels of one event may be apart, as the engine links candidates. */
	static final int FRAMES = 4;

	/** What the engine's names of files leave out of a movie's name. */
	private static final String ENDINGS = "(?i)(\\.ome)?\\.(tiff?|btf|tf8|stk|lsm|zarr|nd2|czi|lif|npy)$";

	private final ImagePlus imp;
	private final Map<String, ?> params;
	private final String stem;

	private LabelCommand(final ImagePlus imp, final Map<String, ?> params) {
		this.imp = imp;
		this.params = params;
		stem = stem(name(imp));
	}

	/**
	 * Open the window for a movie.
	 *
	 * @return one sentence on what it shows
	 */
	public static String run(final ImagePlus imp, final Map<String, ?> params, final EngineListener listener)
		throws EngineException, Cancelled
	{
		if (!Results.hasWindows()) {
			throw new EngineException("Labelling needs a screen; start it from ImageJ's menu or a macro without batch mode.");
		}
		if (imp == null) throw new EngineException(Ivea.NO_IMAGE);
		if (MoviePlace.frames(imp) < 2 || imp.getBitDepth() == 24) {
			throw new EngineException("'" + imp.getTitle() + "' is no movie of grey values; open a time lapse first.");
		}
		return new LabelCommand(imp, params).open(listener);
	}

	private String open(final EngineListener listener) throws EngineException, Cancelled {
		final LabelClasses classes = LabelClasses.parse(text("classes"));
		final Path folder = folder();
		final Map<String, Integer> movie = new LinkedHashMap<>();
		movie.put("width", imp.getWidth());
		movie.put("height", imp.getHeight());
		movie.put("frames", MoviePlace.frames(imp));
		final boolean goesOn = LabelStore.exists(folder, stem);
		final LabelStore store = LabelStore.open(folder, stem, movie);
		boolean usable = false;
		try {
			if (Files.isRegularFile(store.roiFile())) takeEarlier(store, classes);
			final String from = text("events_from");
			if (!from.equals("auto")) {
				take(store, from, events(from, classes, listener));
				keepSettings(store, from);
			}
			else if (store.labels().present().isEmpty()) takeAny(store, classes, listener);
			for (final Label label : store.labels().present()) if (label.classId() != null) classes.add(label.classId(), "");
			show(store, classes);
			usable = true;
		}
		finally {
			if (!usable) close(store);
		}
		for (final String note : store.notes()) IJ.log("IVEA: " + note);
		final int count = store.labels().present().size();
		return (goesOn ? "Labelling of '" + stem + "' goes on, " : "") + count + (count == 1 ? " event." : " events.");
	}

	private static void take(final LabelStore store, final String from, final List<Label> labels) {
		store.take(from, labels, FRAMES);
	}

	/** Labels that somebody made before are not lost by ours taking their name. Ours tell the names of their classes. */
	private void takeEarlier(final LabelStore store, final LabelClasses classes) throws EngineException {
		final List<Label> labels = LabelSources.file(store.roiFile(), imp, classes);
		if (LabelRois.isOurs(store.roiFile(), store.session())) return;
		take(store, store.roiFile().getFileName().toString(), labels);
	}

	/** Keep how the events were looked for, so that the same is judged on another day. */
	private void keepSettings(final LabelStore store, final String from) {
		if (from.equals("candidates")) store.settings(asked());
		else if (from.equals("result_folder")) store.settings(LabelSources.settings(Paths.get(text("result_folder")), stem));
		else if (from.equals("last_result")) store.settings(LabelSources.lastSettings(imp));
	}

	/** How candidates are looked for if nothing else is known. */
	private Map<String, Object> asked() {
		final Map<String, Object> asked = new LinkedHashMap<>();
		asked.put("model", text("model"));
		asked.put("channel", Integer.parseInt(text("channel")));
		return asked;
	}

	private void takeAny(final LabelStore store, final LabelClasses classes, final EngineListener listener)
		throws EngineException, Cancelled
	{
		if (Results.last(imp) != null) {
			take(store, "last_result", LabelSources.lastResult(imp, classes));
			keepSettings(store, "last_result");
		}
		else if (!Results.managerRois().rois().isEmpty()) take(store, "roi_manager", LabelSources.manager(imp, classes));
		else {
			take(store, "candidates", events("candidates", classes, listener));
			keepSettings(store, "candidates");
		}
	}

	private List<Label> events(final String from, final LabelClasses classes, final EngineListener listener)
		throws EngineException, Cancelled
	{
		switch (from) {
			case "last_result":
				return LabelSources.lastResult(imp, classes);
			case "result_folder":
				return LabelSources.folder(named("result_folder", "folder of the results"), stem, imp, classes);
			case "roi_manager":
				return LabelSources.manager(imp, classes);
			case "roi_file":
				return LabelSources.file(named("roi_file", "ROI set"), imp, classes);
			case "candidates":
				return LabelSources.candidates(imp, classes, text("model"), Integer.parseInt(text("channel")), listener);
			case "none":
				return new ArrayList<>();
			default:
				throw new EngineException("Events from (events_from) must be auto, last_result, result_folder, roi_manager, " +
					"roi_file, candidates or none, not '" + from + "'.");
		}
	}

	private Path named(final String key, final String what) throws EngineException {
		if (text(key).isEmpty()) throw new EngineException("Name the " + what + " (" + key + ").");
		return Paths.get(text(key));
	}

	private void show(final LabelStore store, final LabelClasses classes) throws EngineException {
		final LabelOrder order = LabelOrder.valueOf(text("list_order").toUpperCase(Locale.ROOT));
		try {
			final int every = text("judge_every").isEmpty() ? 0 : Integer.parseInt(text("judge_every"));
			final Map<String, Object> settings = store.settings().isEmpty() ? asked() : store.settings();
			final Runnable work = () -> new LabelWindow(imp, store, classes, order, every, settings).open();
			if (EventQueue.isDispatchThread()) work.run();
			else EventQueue.invokeAndWait(work);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		catch (final InvocationTargetException e) {
			throw new EngineException("The label window cannot be shown (" + e.getCause() + "); please report this.");
		}
	}

	/** Where the labels go: the folder that was named, else beside the movie. */
	private Path folder() throws EngineException {
		if (!text("label_folder").isEmpty()) return Paths.get(text("label_folder"));
		final FileInfo info = imp.getOriginalFileInfo();
		final boolean known = info != null && info.directory != null && !info.directory.isEmpty();
		if (known && new File(info.directory).isDirectory()) return Paths.get(info.directory);
		throw new EngineException("'" + imp.getTitle() + "' was not opened from a folder; save it first, or name a folder " +
			"for its labels (label_folder).");
	}

	/** Name of the movie's file, else of its window. */
	private static String name(final ImagePlus imp) {
		final FileInfo info = imp.getOriginalFileInfo();
		final boolean known = info != null && info.fileName != null && !info.fileName.isEmpty();
		return known ? info.fileName : imp.getTitle();
	}

	/** What the files of a movie are called after, as in the engine. */
	static String stem(final String name) {
		final String stem = name.replaceFirst(ENDINGS, "").replaceAll("[<>:\"/\\\\|?*\\x00-\\x1f]", "_").trim().replaceFirst(
			"[. ]+$", "");
		return stem.isEmpty() ? "movie" : stem;
	}

	private String text(final String key) {
		final Object value = params.get(key);
		return value == null ? "" : value.toString().trim();
	}

	private static void close(final LabelStore store) {
		try {
			store.close();
		}
		catch (final IOException e) {
			// Nothing waits to be written.
		}
	}
}
