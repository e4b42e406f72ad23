package ivea.ui.label;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/** The frames of an event as grey pictures that share one contrast, so that a flash looks like one. */
final class Greys {

	private static final double LOW = 0.01, HIGH = 0.998;

	private Greys() {}

	/** One picture per frame; what lies outside the movie is black. */
	static BufferedImage[] of(final EventPixels.Patch patch) {
		final float[] range = range(patch.frames);
		final BufferedImage[] pictures = new BufferedImage[patch.frames.length];
		for (int i = 0; i < pictures.length; i++) {
			pictures[i] = new BufferedImage(patch.side, patch.side, BufferedImage.TYPE_BYTE_GRAY);
			final byte[] greys = new byte[patch.side * patch.side];
			for (int j = 0; j < greys.length; j++) greys[j] = grey(patch.frames[i][j], range);
			pictures[i].getRaster().setDataElements(0, 0, patch.side, patch.side, greys);
		}
		return pictures;
	}

	private static byte grey(final float value, final float[] range) {
		if (Float.isNaN(value)) return 0;
		return (byte) Math.round(255 * Math.max(0, Math.min(1, (value - range[0]) / (range[1] - range[0]))));
	}

	private static float[] range(final float[][] frames) {
		int count = 0;
		for (final float[] frame : frames) count += frame.length;
		final float[] all = new float[count];
		int n = 0;
		for (final float[] frame : frames) for (final float value : frame) {
			if (!Float.isNaN(value) && !Float.isInfinite(value)) all[n++] = value;
		}
		if (n == 0) return new float[] { 0, 1 };
		Arrays.sort(all, 0, n);
		final float low = all[(int) (LOW * (n - 1))], high = all[(int) (HIGH * (n - 1))];
		return new float[] { low, high > low ? high : low + 1 };
	}
}
