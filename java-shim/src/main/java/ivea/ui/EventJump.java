package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import java.lang.ref.WeakReference;
import java.util.List;

/** Shows an event in its movie: its frame, its place, and its ROI, chosen in the ROI Manager. */
final class EventJump {

	private final WeakReference<ImagePlus> movie;
	private final String title;
	private final int width;
	private final int height;
	private final List<Roi> rois;

	/**
	 * @param movie the movie the events are in
	 * @param rois their ROIs, the very objects that the ROI Manager holds
	 */
	EventJump(final ImagePlus movie, final List<Roi> rois) {
		// A table must not keep a closed movie in memory.
		this.movie = new WeakReference<>(movie);
		title = movie.getTitle();
		width = movie.getWidth();
		height = movie.getHeight();
		this.rois = rois;
	}

	/**
	 * Show one event.
	 *
	 * @param frame its frame, counted from 1
	 * @param x its centre, px; 0 is the centre of the leftmost pixel
	 * @param y its centre, px; 0 is the centre of the topmost pixel
	 * @param event the property "event" of its ROI
	 */
	void go(final int frame, final double x, final double y, final String event) {
		final ImagePlus imp = openMovie();
		if (imp == null) {
			IJ.showStatus("Open '" + title + "' again to see its events.");
			return;
		}
		// The ROI Manager also selects in the active image, which must be this one then.
		if (imp.getWindow() != null) WindowManager.setCurrentWindow(imp.getWindow());
		MoviePlace.go(imp, frame);
		MoviePlace.uncover(imp, x, y);
		final Roi roi = roi(event);
		if (roi == null) return;
		final int index = index(roi);
		if (index >= 0) RoiManager.getInstance().selectAndMakeVisible(imp, index);
		else imp.setRoi((Roi) roi.clone());
	}

	/** Put the movie in front and start a command of the menu on it. */
	void label(final String command) {
		final ImagePlus imp = openMovie();
		if (imp == null || imp.getWindow() == null) {
			IJ.showStatus("Open '" + title + "' again to label its events.");
			return;
		}
		WindowManager.setCurrentWindow(imp.getWindow());
		IJ.doCommand(command);
	}

	/** The movie, or one of its name and size that was opened since; null if there is none. */
	private ImagePlus openMovie() {
		final int[] ids = WindowManager.getIDList();
		ImagePlus like = null;
		for (int i = 0; ids != null && i < ids.length; i++) {
			final ImagePlus imp = WindowManager.getImage(ids[i]);
			if (imp == null) continue;
			if (imp == movie.get()) return imp;
			if (imp.getTitle().equals(title) && imp.getWidth() == width && imp.getHeight() == height) like = imp;
		}
		return like;
	}

	private Roi roi(final String event) {
		for (final Roi roi : rois) {
			if (event.equals(roi.getProperty("event"))) return roi;
		}
		return null;
	}

	/** Where the ROI Manager has a ROI, -1 if the user took it out. */
	private static int index(final Roi roi) {
		final RoiManager manager = RoiManager.getInstance();
		if (manager == null) return -1;
		final Roi[] all = manager.getRoisAsArray();
		for (int i = 0; i < all.length; i++) {
			if (all[i] == roi) return i;
		}
		return -1;
	}
}
