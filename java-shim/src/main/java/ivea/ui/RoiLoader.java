package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Reads the ROI sets that the engine writes and fits them to the movie they are shown on.
 *
 * <p>A group would replace the colour of the class by one of ImageJ's (read in 1.54p, {@code Roi.setGroup} and
 * {@code RoiDecoder}), so the colour stored in the file is set again after the group.
 */
public final class RoiLoader {

	private static final int NO_COLOUR = 0;

	private RoiLoader() {}

	/**
	 * Read every ROI of a zip.
	 *
	 * @param imp image they will be shown on, or null to leave their positions as they are
	 */
	public static List<Roi> load(final String path, final ImagePlus imp) throws IOException {
		final List<Roi> rois = new ArrayList<>();
		try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(Paths.get(path)))) {
			for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
				final Roi roi = decode(bytes(zip), entry.getName());
				if (imp != null) {
					place(roi, imp);
				}
				rois.add(roi);
			}
		}
		return rois;
	}

	private static Roi decode(final byte[] data, final String name) throws IOException {
		final ByteBuffer header = ByteBuffer.wrap(data);
		int colour = header.getInt(RoiDecoder.STROKE_COLOR);
		if (!groupsHaveColours()) {
			// ImageJ without its LUTs would complain in the Log about every single ROI.
			header.put(header.getInt(RoiDecoder.HEADER2_OFFSET) + RoiDecoder.GROUP, (byte) 0);
		}
		final Roi roi = new RoiDecoder(data, name).getRoi();
		if (colour != NO_COLOUR) {
			roi.setStrokeColor(new Color(colour, true));
		}
		return roi;
	}

	/** Give a ROI the group and the colour of its class. */
	public static void colour(final Roi roi, final int group, final Color colour) {
		if (groupsHaveColours()) roi.setGroup(group);
		roi.setStrokeColor(colour);
	}

	private static boolean groupsHaveColours() {
		final String folder = IJ.getDir("luts");
		return folder != null && (new File(folder, "glasbey.lut").exists() || new File(folder, "Glasbey.lut").exists());
	}

	/** Put a ROI on its frame as ImageJ counts it in this image, in every channel. */
	public static void place(final Roi roi, final ImagePlus imp) {
		int frame = frame(roi);
		if (frame == 0 || imp.getStackSize() == 1) {
			return;
		}
		if (!imp.isHyperStack()) {
			roi.setPosition(frame);
		}
		else if (imp.getNFrames() > 1) {
			roi.setPosition(0, 0, frame);
		}
		else {
			roi.setPosition(0, frame, 0);
		}
	}

	/** The frame a ROI stands for, counted from 1, or 0 if it is tied to none. */
	public static int frame(final Roi roi) {
		if (!roi.hasHyperStackPosition()) {
			return roi.getPosition();
		}
		return roi.getTPosition() > 0 ? roi.getTPosition() : roi.getZPosition();
	}

	private static byte[] bytes(final InputStream in) throws IOException {
		final ByteArrayOutputStream out = new ByteArrayOutputStream();
		byte[] block = new byte[8192];
		for (int n = in.read(block); n >= 0; n = in.read(block)) {
			out.write(block, 0, n);
		}
		return out.toByteArray();
	}
}
