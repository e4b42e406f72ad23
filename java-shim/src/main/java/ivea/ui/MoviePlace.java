package ivea.ui;

import ij.ImagePlus;
import ij.gui.ImageCanvas;
import java.awt.Rectangle;

/** Frames and places of a movie as its window shows them. A stack of slices without frames has slices as frames. */
public final class MoviePlace {

	private MoviePlace() {}

	/** Number of frames. */
	public static int frames(final ImagePlus imp) {
		return imp.getNFrames() > 1 ? imp.getNFrames() : imp.getNSlices();
	}

	/** The frame that is shown, from 1. */
	public static int frame(final ImagePlus imp) {
		return !imp.isHyperStack() ? imp.getCurrentSlice() : imp.getNFrames() > 1 ? imp.getT() : imp.getZ();
	}

	/** Stack index of a frame in the channel (and slice) that is shown. */
	public static int index(final ImagePlus imp, final int frame) {
		if (!imp.isHyperStack()) return frame;
		return imp.getNFrames() > 1 ? imp.getStackIndex(imp.getC(), imp.getZ(), frame) : imp.getStackIndex(imp.getC(),
			frame, imp.getT());
	}

	/** Show a frame; channel and slice stay. */
	public static void go(final ImagePlus imp, final int frame) {
		if (!imp.isHyperStack()) imp.setSlice(frame);
		else if (imp.getNFrames() > 1) imp.setPosition(imp.getC(), imp.getZ(), frame);
		else imp.setPosition(imp.getC(), frame, imp.getT());
	}

	/** Scroll a zoomed window so that a place (px) can be seen. */
	public static void uncover(final ImagePlus imp, final double x, final double y) {
		final ImageCanvas canvas = imp.getCanvas();
		if (canvas == null || canvas.getSrcRect().contains((int) x, (int) y)) return;
		final Rectangle seen = new Rectangle(canvas.getSrcRect());
		seen.x = Math.max(0, Math.min((int) x - seen.width / 2, imp.getWidth() - seen.width));
		seen.y = Math.max(0, Math.min((int) y - seen.height / 2, imp.getHeight() - seen.height));
		canvas.setSourceRect(seen);
		canvas.repaint();
	}
}
