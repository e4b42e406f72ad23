package ivea.engine;

import ij.gui.Roi;
import ij.io.RoiEncoder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** ROIs as the files in which the engine gets them. */
final class RoiFiles {

	private RoiFiles() {}

	/** Write one ROI. */
	static void writeRoi(final Roi roi, final File file) throws IOException {
		Files.write(file.toPath(), bytes(roi));
	}

	/** Write ROIs in their order. Entries are numbered: names of ROIs may be equal or missing; they are kept inside. */
	static void writeZip(final List<Roi> rois, final File file) throws IOException {
		try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file.toPath()))) {
			int number = 0;
			for (final Roi roi : rois) {
				zip.putNextEntry(new ZipEntry(String.format("%06d.roi", ++number)));
				zip.write(bytes(roi));
				zip.closeEntry();
			}
		}
	}

	private static byte[] bytes(final Roi roi) throws IOException {
		final byte[] bytes = RoiEncoder.saveAsByteArray(roi);
		if (bytes == null) throw new IOException("ImageJ cannot write the ROI " + roi.getName());
		return bytes;
	}
}
