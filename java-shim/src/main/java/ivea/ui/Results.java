package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.plugin.frame.RoiManager;
import ivea.engine.Reply;
import ivea.engine.RoiChoice;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Shows what a command gave. ROIs are added to those in the ROI Manager, an overlay only if asked for and beside what
 * is there; the user's image is not touched otherwise. In batch mode no windows appear, without a display also no ROI
 * Manager: there the files are the result.
 */
public final class Results {

	/** What was found last in each movie that is still in memory. */
	private static final Map<ImagePlus, Reply> LAST = Collections.synchronizedMap(new WeakHashMap<>());

	private Results() {}

	/**
	 * Show the results of one run.
	 *
	 * @param reply what the engine answered
	 * @param imp the image the command worked on, or null
	 * @param overlay whether the user wants the ROIs on the image
	 */
	public static void show(final Reply reply, final ImagePlus imp, final boolean overlay) throws IOException {
		for (final String note : reply.notes()) IJ.log("IVEA: " + note);
		IJ.showStatus("IVEA: " + reply.message());
		final boolean windows = hasWindows();
		final ImagePlus movie = reply.movie().isEmpty() ? imp : open(reply.movie());
		final List<Roi> rois = reply.rois().isEmpty() ? Collections.emptyList() : RoiLoader.load(reply.rois(), movie);
		if (movie != null && !reply.rois().isEmpty()) LAST.put(movie, reply);
		final List<Roi> added = add(rois);
		if (overlay && movie != null) draw(rois, movie);
		if (!windows) IJ.log("IVEA: " + reply.message() + (reply.folder().isEmpty() ? "" : " Files: " + reply.folder()));
		else showTables(reply, movie == null ? null : new EventJump(movie, added));
	}

	/** What the last command found in a movie, null if none did. */
	public static Reply last(final ImagePlus imp) {
		return LAST.get(imp);
	}

	/** Whether windows may appear: not without a display, and not in a macro's batch mode. */
	public static boolean hasWindows() {
		return !GraphicsEnvironment.isHeadless() && IJ.getInstance() != null && !Interpreter.isBatchMode();
	}

	/** The ROIs of the ROI Manager and which of them are chosen. */
	public static RoiChoice managerRois() {
		final RoiManager manager = GraphicsEnvironment.isHeadless() ? null : RoiManager.getInstance();
		if (manager == null) return RoiChoice.NONE;
		return new RoiChoice(Arrays.asList(manager.getRoisAsArray()), manager.getSelectedIndexes());
	}

	/** The movies that are open; pictures are none. */
	public static List<ImagePlus> openMovies() {
		final List<ImagePlus> movies = new ArrayList<>();
		final int[] ids = WindowManager.getIDList();
		for (int i = 0; ids != null && i < ids.length; i++) {
			final ImagePlus imp = WindowManager.getImage(ids[i]);
			if (imp != null && imp.getStackSize() > 1) movies.add(imp);
		}
		return movies;
	}

	private static void showTables(final Reply reply, final EventJump jump) throws IOException {
		for (final Reply.Table table : reply.tables()) {
			final boolean events = reply.jump() != null && reply.jump().table.equals(table.kind);
			// Where one table leads to the movie, its menu opens the others.
			if (reply.jump() != null && !events) continue;
			final EventTable shown = EventTable.show(table);
			shown.addMenu(reply, table, jump);
			if (events && jump != null) shown.link(reply.jump(), jump);
		}
	}

	private static ImagePlus open(final String path) throws IOException {
		final ImagePlus movie = IJ.openImage(path);
		if (movie == null) throw new IOException("'" + path + "' cannot be opened");
		if (!GraphicsEnvironment.isHeadless() || Interpreter.isBatchMode()) movie.show();
		return movie;
	}

	private static void draw(final List<Roi> rois, final ImagePlus imp) {
		final Overlay overlay = imp.getOverlay() == null ? new Overlay() : imp.getOverlay();
		for (final Roi roi : rois) overlay.add((Roi) roi.clone());
		imp.setOverlay(overlay);
	}

	/** Add ROIs to the ROI Manager and return the objects it keeps, since it makes copies. */
	private static List<Roi> add(final List<Roi> rois) {
		if (rois.isEmpty() || GraphicsEnvironment.isHeadless()) return rois;
		final RoiManager manager = manager();
		if (manager == null) return rois;
		final int before = manager.getCount();
		// With -1 names stay as they are; other ways of adding would write a line into the macro recorder.
		for (final Roi roi : rois) manager.add(roi, -1);
		if (!Interpreter.isBatchMode()) {
			// Makes "Show All" draw the new ones too.
			manager.setRoi(manager.getRoi(before), before);
			manager.repaint();
		}
		return new ArrayList<>(Arrays.asList(manager.getRoisAsArray()).subList(before, manager.getCount()));
	}

	private static RoiManager manager() {
		final RoiManager open = RoiManager.getInstance();
		if (open != null) return open;
		return Interpreter.isBatchMode() ? Interpreter.getBatchModeRoiManager() : new RoiManager();
	}
}
