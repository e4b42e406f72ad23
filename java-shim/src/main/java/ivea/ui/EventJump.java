package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageCanvas;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import java.awt.Rectangle;
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
		show(imp, frame);
		uncover(imp, x, y);
		final Roi roi = roi(event);
		if (roi == null) return;
		final int index = index(roi);
		if (index >= 0) RoiManager.getInstance().selectAndMakeVisible(imp, index);
		else imp.setRoi((Roi) roi.clone());
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

	private static void show(final ImagePlus imp, final int frame) {
		if (!imp.isHyperStack()) imp.setSlice(frame);
		else if (imp.getNFrames() > 1) imp.setPosition(imp.getC(), imp.getZ(), frame);
		else imp.setPosition(imp.getC(), frame, imp.getT());
	}

	/** Scroll a zoomed window so that a place can be seen. */
	private static void uncover(final ImagePlus imp, final double x, final double y) {
		final ImageCanvas canvas = imp.getCanvas();
		if (canvas == null || canvas.getSrcRect().contains((int) x, (int) y)) return;
		final Rectangle seen = new Rectangle(canvas.getSrcRect());
		seen.x = Math.max(0, Math.min((int) x - seen.width / 2, imp.getWidth() - seen.width));
		seen.y = Math.max(0, Math.min((int) y - seen.height / 2, imp.getHeight() - seen.height));
		canvas.setSourceRect(seen);
		canvas.repaint();
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
