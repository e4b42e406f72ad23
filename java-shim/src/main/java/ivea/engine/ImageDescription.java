package ivea.engine;

import ij.ImagePlus;
import ij.ImageStack;
import ij.io.FileInfo;
import ij.measure.Calibration;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the engine is told of an image before any pixel travels. */
final class ImageDescription {

	private ImageDescription() {}

	/**
	 * Describe an image.
	 *
	 * @param folder place of the files with its selection and the ROIs
	 */
	static Map<String, Object> of(final ImagePlus imp, final RoiChoice rois, final TemporaryFolder folder)
		throws IOException, EngineException
	{
		final Map<String, Object> image = new LinkedHashMap<>();
		image.put("title", imp.getTitle());
		image.put("path", path(imp.getOriginalFileInfo()));
		image.put("modified", imp.changes);
		image.put("width", imp.getWidth());
		image.put("height", imp.getHeight());
		image.put("channels", imp.getNChannels());
		image.put("slices", imp.getNSlices());
		image.put("frames", imp.getNFrames());
		image.put("channel", imp.getC());
		image.put("frame", imp.getT());
		image.put("bit_depth", imp.getBitDepth());
		addCalibration(image, imp.getCalibration());
		image.put("probe", probe(imp));
		image.put("selection", "");
		image.put("rois", "");
		if (imp.getRoi() != null) {
			final File file = folder.file("selection.roi");
			RoiFiles.writeRoi(imp.getRoi(), file);
			image.put("selection", file.getPath());
		}
		if (!rois.rois().isEmpty()) {
			final File file = folder.file("rois.zip");
			RoiFiles.writeZip(rois.rois(), file);
			image.put("rois", file.getPath());
		}
		final List<Integer> selected = new ArrayList<>();
		for (final int index : rois.selected()) selected.add(index);
		image.put("selected_rois", selected);
		return image;
	}

	/**
	 * Stored numbers of one plane.
	 *
	 * @param index stack index, from 1
	 * @return byte[], short[] or float[]
	 */
	static Object pixels(final ImagePlus imp, final ImageStack stack, final int index) throws EngineException {
		final Object pixels = index > stack.getSize() ? null : stack.getPixels(index);
		if (pixels == null) {
			throw new EngineException("'" + imp.getTitle() + "' was closed or shortened while it was being read; open " +
				"it and start again.");
		}
		return pixels;
	}

	private static void addCalibration(final Map<String, Object> image, final Calibration calibration) {
		image.put("signed", calibration.isSigned16Bit());
		image.put("coefficients", calibration.getFunction() == Calibration.STRAIGHT_LINE ? numbers(calibration
			.getCoefficients()) : null);
		image.put("pixel_width", calibration.pixelWidth);
		image.put("pixel_unit", calibration.getUnit());
		image.put("frame_interval", finite(calibration.frameInterval));
		image.put("time_unit", calibration.getTimeUnit());
		image.put("z_step", finite(calibration.pixelDepth));
	}

	/**
	 * Sums of the stored numbers of the first, middle and last frame of every channel. By these the engine knows
	 * whether the file holds the same pixels: ImageJ's own mark of changes does not see what scripts do.
	 */
	private static List<List<Object>> probe(final ImagePlus imp) throws EngineException {
		if (imp.getBitDepth() == 24) return new ArrayList<>();
		final ImageStack stack = imp.getStack();
		final int channels = imp.getNChannels(), last = imp.getStackSize() / channels - 1;
		final Set<Integer> positions = new LinkedHashSet<>(Arrays.asList(0, last / 2, last));
		final List<List<Object>> sums = new ArrayList<>();
		for (final int position : positions) {
			for (int channel = 1; channel <= channels; channel++) {
				final int index = position * channels + channel;
				final double sum = sum(pixels(imp, stack, index));
				// JSON has no NaN; a plane without a sum proves nothing anyway.
				if (!Double.isNaN(sum) && !Double.isInfinite(sum)) sums.add(Arrays.asList(index, sum));
			}
		}
		return sums;
	}

	private static double sum(final Object pixels) {
		double sum = 0;
		if (pixels instanceof byte[]) for (final byte value : (byte[]) pixels) sum += value & 0xff;
		else if (pixels instanceof short[]) for (final short value : (short[]) pixels) sum += value & 0xffff;
		else for (final float value : (float[]) pixels) sum += value;
		return sum;
	}

	private static String path(final FileInfo info) {
		if (info == null || info.directory == null || info.directory.isEmpty() || info.fileName == null) return "";
		final File file = new File(info.directory, info.fileName);
		return file.isFile() ? file.getAbsolutePath() : "";
	}

	private static List<Double> numbers(final double[] values) {
		final List<Double> numbers = new ArrayList<>();
		for (final double value : values) numbers.add(value);
		return numbers;
	}

	/** A scale that is no number counts as unknown. */
	private static double finite(final double value) {
		return Double.isNaN(value) || Double.isInfinite(value) ? 0 : value;
	}
}
