package ivea.ui;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.io.RoiEncoder;
import ij.measure.ResultsTable;
import java.awt.Color;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of the engine as tables and ROIs. */
class ResultFileTest {

	@TempDir
	Path folder;

	@Test
	void tableShowsWhatTheFileSays() throws IOException {
		final ResultsTable table = CsvTable.read(file("event,name,t_s,x_um,p\n1,\"a, \"\"b\"\"\",0.0500,,\n12,c,,,0.125\n"));
		assertEquals("event\tname\tt_s\tx_um\tp", table.getColumnHeadings());
		assertEquals("1\ta, \"b\"\t0.0500\t\tNaN", table.getRowAsString(0));
		assertEquals("12\tc\tNaN\t\t0.125", table.getRowAsString(1));
		assertEquals(12, table.getValue("event", 1));
		assertTrue(Double.isNaN(table.getValue("p", 0)));
	}

	@Test
	void tableWithoutRowsHasItsColumns() throws IOException {
		final ResultsTable table = CsvTable.read(file("event,frame\n"));
		assertEquals(0, table.size());
		assertEquals("event\tframe", table.getColumnHeadings());
		final String empty = file("");
		assertThrows(IOException.class, () -> CsvTable.read(empty));
	}

	@Test
	void roisStandOnTheirFrameInEveryKindOfStack() throws IOException {
		final String zip = zip(roi(5, 0, 0));
		assertEquals("5 0 0 0", place(zip, IJ.createImage("frames", 30, 30, 9, 8), 1, 1, 9));
		assertEquals("5 0 0 0", place(zip, IJ.createImage("slices", 30, 30, 9, 8), 1, 9, 1));
		assertEquals("0 0 0 5", place(zip, IJ.createImage("channels", 30, 30, 18, 8), 2, 1, 9));
		assertEquals("0 0 5 0", place(zip, IJ.createImage("slices of channels", 30, 30, 18, 8), 2, 9, 1));
		assertEquals("0 0 0 5", place(zip(roi(0, 0, 5)), IJ.createImage("channels", 30, 30, 18, 8), 2, 1, 9));
		assertEquals("5 0 0 0", place(zip(roi(0, 5, 0)), IJ.createImage("frames", 30, 30, 9, 8), 1, 1, 9));
		assertEquals("0 0 0 0", place(zip(roi(0, 0, 0)), IJ.createImage("frames", 30, 30, 9, 8), 1, 1, 9));
	}

	private String place(final String zip, final ImagePlus imp, final int c, final int z, final int t)
		throws IOException
	{
		imp.setDimensions(c, z, t);
		if (c > 1) imp.setOpenAsHyperStack(true);
		final Roi roi = RoiLoader.load(zip, imp).get(0);
		final boolean hyper = roi.hasHyperStackPosition();
		return roi.getPosition() + " " + roi.getCPosition() + " " + (hyper ? roi.getZPosition() : 0) + " " + roi
			.getTPosition();
	}

	@Test
	void colourOfTheFileWinsOverThatOfTheGroup() throws IOException {
		final Roi roi = roi(5, 0, 0);
		roi.setGroup(2);
		roi.setStrokeColor(new Color(0xE69F00));
		roi.setProperty("event", "7");
		final Roi read = RoiLoader.load(zip(roi), null).get(0);
		assertEquals(new Color(0xE69F00), read.getStrokeColor());
		assertEquals("7", read.getProperty("event"));
		// This ImageJ has no LUTs: a group would have no colour, and a complaint in the Log.
		assertEquals(0, read.getGroup());
	}

	@Test
	void filesAreKeptWholeOrNotAtAll() throws IOException {
		final Path run = Files.createDirectory(folder.resolve("run")), kept = Files.createDirectory(folder.resolve("kept"));
		Files.write(run.resolve("a.csv"), new byte[] { 1 });
		Files.write(run.resolve("b.csv"), new byte[] { 2 });
		assertNull(ResultFiles.copy(run.toFile(), kept.toFile()));
		assertArrayEquals(new byte[] { 2 }, Files.readAllBytes(kept.resolve("b.csv")));

		Files.write(kept.resolve("b.csv"), new byte[] { 3 });
		Files.delete(kept.resolve("a.csv"));
		assertEquals("'" + kept + "' holds 'b.csv' already; choose another folder.", ResultFiles.copy(run.toFile(), kept
			.toFile()));
		assertFalse(Files.exists(kept.resolve("a.csv")));
		assertArrayEquals(new byte[] { 3 }, Files.readAllBytes(kept.resolve("b.csv")));

		final String fault = ResultFiles.copy(run.toFile(), folder.resolve("nowhere").toFile());
		assertTrue(fault.startsWith("The files cannot be saved in '"), fault);
		assertTrue(ResultFiles.copy(folder.resolve("gone").toFile(), kept.toFile()).contains("no longer there"));
	}

	private static Roi roi(final int position, final int z, final int t) {
		final Roi roi = new OvalRoi(10, 10, 6, 6);
		roi.setName("1-event");
		if (z + t > 0) roi.setPosition(0, z, t);
		else roi.setPosition(position);
		return roi;
	}

	private String zip(final Roi roi) throws IOException {
		final Path path = Files.createTempFile(folder, "rois", ".zip");
		try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(path))) {
			out.putNextEntry(new ZipEntry(roi.getName() + ".roi"));
			out.write(RoiEncoder.saveAsByteArray(roi));
		}
		return path.toString();
	}

	private String file(final String text) throws IOException {
		final Path path = Files.createTempFile(folder, "table", ".csv");
		Files.write(path, text.getBytes(StandardCharsets.UTF_8));
		return path.toString();
	}
}
