package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.gui.Roi;
import ij.io.FileInfo;
import ij.io.RoiDecoder;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageConverter;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.File;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apposed.appose.NDArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every image arrives number by number, and nothing of it stays behind or is changed. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImageSenderTest {

	private static final int WIDTH = 5, HEIGHT = 3;

	private Engine engine;
	private TreeSet<String> before;

	@BeforeEach
	void lookAround() {
		before = FakeEngine.leftovers();
		engine = FakeEngine.start();
	}

	@AfterEach
	void nothingIsLeft() {
		engine.close();
		assertEquals(before, FakeEngine.leftovers());
	}

	private Map<String, Object> send(final ImagePlus imp, final Map<String, Object> params) throws Exception {
		return engine.run("echo", params, imp, RoiChoice.NONE, new FakeEngine.Listener()).asMap();
	}

	private Map<String, Object> send(final ImagePlus imp) throws Exception {
		return send(imp, Collections.emptyMap());
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> image(final Map<String, Object> reply) {
		return (Map<String, Object>) ((Map<String, Object>) reply.get("request")).get("image");
	}

	private static double[] sums(final Map<String, Object> reply) {
		return ((List<?>) reply.get("sums")).stream().mapToDouble(sum -> ((Number) sum).doubleValue()).toArray();
	}

	/** A hyperstack whose plane of channel c, slice z, frame t holds 1 + c + 2 z + 6 t in its last pixel, else 1. */
	private static ImagePlus hyperstack(final int bits, final int channels, final int slices, final int frames) {
		final ImagePlus imp = IJ.createHyperStack("movie", WIDTH, HEIGHT, channels, slices, frames, bits);
		for (int t = 0; t < frames; t++) {
			for (int z = 0; z < slices; z++) {
				for (int c = 0; c < channels; c++) {
					final ImageProcessor plane = imp.getStack().getProcessor(imp.getStackIndex(c + 1, z + 1, t + 1));
					for (int i = 0; i < WIDTH * HEIGHT; i++) plane.setf(i, 1);
					plane.setf(WIDTH - 1, HEIGHT - 1, 1 + c + 2 * z + 6 * t);
				}
			}
		}
		imp.changes = false;
		return imp;
	}

	private static double[] expectedSums(final int channels, final int slices, final int frames) {
		final double[] sums = new double[channels * slices * frames];
		int i = 0;
		for (int t = 0; t < frames; t++) {
			for (int z = 0; z < slices; z++) {
				for (int c = 0; c < channels; c++) sums[i++] = WIDTH * HEIGHT + c + 2 * z + 6 * t;
			}
		}
		return sums;
	}

	@ParameterizedTest
	@CsvSource({ "8, uint8", "16, uint16", "32, float32" })
	void allPlanesOfAHyperstackArriveInOrder(final int bits, final String type) throws Exception {
		final Map<String, Object> reply = send(hyperstack(bits, 2, 3, 4));
		assertEquals(type, reply.get("dtype"));
		assertEquals(Arrays.asList(24, HEIGHT, WIDTH), reply.get("shape"));
		assertArrayEquals(expectedSums(2, 3, 4), sums(reply));
	}

	@Test
	void onlyThePlannedPlanesTravel() throws Exception {
		final Map<String, Object> params = new HashMap<>();
		params.put("first", 2);
		params.put("step", 2);
		assertArrayEquals(new double[] { 16, 22, 28 }, sums(send(hyperstack(16, 2, 1, 3), params)));
	}

	@Test
	void largestNumbersArrive() throws Exception {
		final ImageStack stack = new ImageStack(2, 1);
		stack.addSlice(new ShortProcessor(2, 1, new short[] { -1, -1 }, null));
		assertArrayEquals(new double[] { 2 * 65535.0 }, sums(send(new ImagePlus("large", stack))));
		final ImagePlus bytes = new ImagePlus("bytes", new ByteProcessor(2, 1, new byte[] { -1, -2 }));
		assertArrayEquals(new double[] { 255 + 254 }, sums(send(bytes)));
		assertEquals(Arrays.asList(Arrays.asList(1, 509.0)), probe(send(bytes)));
		final ImagePlus floats = new ImagePlus("floats", new FloatProcessor(2, 1, new float[] { -1.5f, 0.25f }));
		assertArrayEquals(new double[] { -1.25 }, sums(send(floats)));
	}

	@Test
	void paletteImageTravelsAsItsNumbers() throws Exception {
		final ImagePlus imp = new ImagePlus("palette", new ColorProcessor(3, 1, new int[] { 0xff0000, 0x00ff00,
			0xff0000 }));
		new ImageConverter(imp).convertRGBtoIndexedColor(256);
		assertEquals(ImagePlus.COLOR_256, imp.getType());
		final byte[] numbers = (byte[]) imp.getProcessor().getPixels();
		numbers[0] = 3;
		assertArrayEquals(new double[] { 3 + numbers[1] + numbers[2] }, sums(send(imp)));
	}

	@Test
	void signedNumbersTravelAsStored() throws Exception {
		final ImagePlus imp = new ImagePlus("signed", new ShortProcessor(2, 1, new short[] { (short) 32768, (short) 32765 },
			null));
		imp.getCalibration().setSigned16BitCalibration();
		final Map<String, Object> reply = send(imp);
		assertArrayEquals(new double[] { 32768 + 32765 }, sums(reply));
		assertEquals(true, image(reply).get("signed"));
		assertEquals(Arrays.asList(-32768.0, 1.0), numbers(image(reply).get("coefficients")));
	}

	@Test
	void virtualStackTravelsPlaneByPlane() throws Exception {
		final List<Integer> asked = new ArrayList<>();
		final VirtualStack stack = new VirtualStack(WIDTH, HEIGHT, null, "") {

			@Override
			public ImageProcessor getProcessor(final int n) {
				asked.add(n);
				final ShortProcessor plane = new ShortProcessor(WIDTH, HEIGHT);
				plane.set(0, n);
				return plane;
			}

			@Override
			public int getSize() {
				return 4;
			}

			@Override
			public int getBitDepth() {
				return 16;
			}
		};
		final ImagePlus imp = new ImagePlus("virtual", stack);
		asked.clear();
		final Map<String, Object> params = new HashMap<>();
		params.put("first", 2);
		assertArrayEquals(new double[] { 2, 3, 4 }, sums(send(imp, params)));
		assertEquals(Arrays.asList(1, 2, 4, 2, 3, 4), asked,
			"three planes to know the image by, then those that were asked for");
	}

	@Test
	void colourIsRefused() {
		final ImagePlus imp = new ImagePlus("colourful", new ColorProcessor(2, 2));
		assertEquals("'colourful' is an RGB colour image, which holds no grey values; convert it with Image > Type > " +
			"16-bit, or split its channels with Image > Color > Split Channels.", assertThrows(EngineException.class,
				() -> send(imp)).getMessage());
	}

	@ParameterizedTest
	@ValueSource(strings = { "by path", "no pixels" })
	void nothingTravelsThatIsNotPlanned(final String command) throws Exception {
		final Map<String, Object> reply = engine.run(command, Collections.emptyMap(), hyperstack(16, 1, 1, 3),
			RoiChoice.NONE, new FakeEngine.Listener()).asMap();
		assertNull(reply.get("image"));
		assertEquals("movie", image(reply).get("title"));
	}

	@Test
	void emptyImageIsNone() throws Exception {
		final Map<String, Object> reply = send(new ImagePlus());
		assertTrue(((Map<?, ?>) reply.get("request")).containsKey("image"));
		assertNull(image(reply));
	}

	@Test
	void theImageIsDescribed(@TempDir final Path folder) throws Exception {
		final ImagePlus imp = hyperstack(16, 2, 1, 3);
		IJ.saveAsTiff(imp, folder.resolve("a b µ.tif").toString());
		final Calibration calibration = imp.getCalibration();
		calibration.pixelWidth = 0.11;
		calibration.setUnit("µm");
		calibration.frameInterval = 0.05;
		calibration.setTimeUnit("s");
		imp.setPosition(2, 1, 3);
		imp.setRoi(new Roi(1, 1, 2, 1));
		final Map<String, Object> image = image(send(imp));
		final Map<String, Object> expected = new HashMap<>();
		expected.put("title", "a b µ.tif");
		expected.put("path", folder.resolve("a b µ.tif").toString());
		expected.put("modified", false);
		expected.put("width", WIDTH);
		expected.put("height", HEIGHT);
		expected.put("channels", 2);
		expected.put("slices", 1);
		expected.put("frames", 3);
		expected.put("channel", 2);
		expected.put("frame", 3);
		expected.put("bit_depth", 16);
		expected.put("signed", false);
		expected.put("coefficients", null);
		expected.put("pixel_unit", "µm");
		expected.put("time_unit", "s");
		expected.put("rois", "");
		expected.put("selected_rois", Collections.emptyList());
		expected.forEach((key, value) -> assertEquals(value, image.get(key), key));
		assertEquals(0.11, ((Number) image.get("pixel_width")).doubleValue());
		assertEquals(0.05, ((Number) image.get("frame_interval")).doubleValue());
		assertEquals(1, ((Number) image.get("z_step")).doubleValue());
		assertTrue(image.get("selection").toString().endsWith("selection.roi"));
		final Map<String, Object> reply = send(imp);
		assertEquals(Arrays.asList(Arrays.asList(1, 15.0), Arrays.asList(2, 16.0), Arrays.asList(3, 21.0), Arrays.asList(4,
			22.0), Arrays.asList(5, 27.0), Arrays.asList(6, 28.0)), probe(reply));
	}

	@Test
	void planesWithoutASumAreNotProbed() throws Exception {
		final ImagePlus imp = hyperstack(32, 1, 1, 3);
		imp.getStack().getProcessor(2).setf(0, Float.NaN);
		assertEquals(Arrays.asList(Arrays.asList(1, 15.0), Arrays.asList(3, 27.0)), probe(send(imp)));
	}

	@Test
	void roisBecomeFiles(@TempDir final Path folder) throws Exception {
		final Roi cell = new Roi(1, 2, 3, 1), event = new Roi(0, 0, 2, 2);
		cell.setName("cell");
		event.setName("cell");
		event.setPosition(7);
		final File zip = folder.resolve("rois.zip").toFile();
		RoiFiles.writeZip(Arrays.asList(cell, event), zip);
		try (java.util.zip.ZipFile file = new java.util.zip.ZipFile(zip)) {
			final List<String> entries = new ArrayList<>();
			file.stream().forEach(entry -> entries.add(entry.getName()));
			assertEquals(Arrays.asList("000001.roi", "000002.roi"), entries);
		}
		final File single = folder.resolve("one.roi").toFile();
		RoiFiles.writeRoi(event, single);
		final Roi back = new RoiDecoder(single.getPath()).getRoi();
		assertEquals("cell", back.getName());
		assertEquals(7, back.getPosition());
		final Map<String, Object> reply = engine.run("echo", Collections.emptyMap(), hyperstack(8, 1, 1, 2), new RoiChoice(
			Arrays.asList(cell, event), new int[] { 1 }), new FakeEngine.Listener()).asMap();
		assertTrue(image(reply).get("rois").toString().endsWith("rois.zip"));
		assertEquals(Collections.singletonList(1), image(reply).get("selected_rois"));
	}

	@Test
	void sendingTellsHowFarItIsAndStops() throws Exception {
		final FakeEngine.Listener listener = new FakeEngine.Listener();
		engine.run("echo", Collections.emptyMap(), hyperstack(8, 1, 1, 2), RoiChoice.NONE, listener);
		assertEquals(Arrays.asList("Starting the IVEA engine 0/0", "Sending the movie 1/2", "Sending the movie 2/2"),
			listener.messages);
		final FakeEngine.Listener stop = FakeEngine.stopAt("Sending the movie");
		assertThrows(Cancelled.class, () -> engine.run("echo", Collections.emptyMap(), hyperstack(8, 1, 1, 2),
			RoiChoice.NONE, stop));
		assertEquals(Collections.singletonList("Sending the movie 1/2"), stop.messages);
	}

	@Test
	void imageClosedWhileItIsSentIsOneSentence() {
		final ImagePlus imp = hyperstack(16, 1, 1, 3);
		final FakeEngine.Listener closing = new FakeEngine.Listener() {

			@Override
			public void progress(final String message, final long current, final long maximum) {
				if (message.equals("Sending the movie")) imp.flush();
			}
		};
		assertEquals("'movie' was closed or shortened while it was being read; open it and start again.", assertThrows(
			EngineException.class, () -> engine.run("echo", Collections.emptyMap(), imp, RoiChoice.NONE, closing))
				.getMessage());
	}

	@Test
	void withoutRoomInSharedMemoryATiffStandsIn() throws Exception {
		engine = FakeEngine.start(() -> 1000, 60_000);
		final Map<String, Object> reply = send(hyperstack(16, 2, 1, 3));
		assertNull(reply.get("image"));
		assertTrue(((Number) reply.get("tiff")).longValue() > 6 * WIDTH * HEIGHT * 2, String.valueOf(reply.get("tiff")));
	}

	@ParameterizedTest
	@CsvSource({ "8, false", "16, false", "32, false", "16, true" })
	void theTiffHoldsTheSameImage(final int bits, final boolean signed, @TempDir final Path folder) throws Exception {
		final ImagePlus plain = hyperstack(bits, 3, 1, 4);
		if (signed) plain.getCalibration().setSigned16BitCalibration();
		plain.getCalibration().pixelWidth = 0.5;
		plain.getCalibration().setUnit("um");
		final ImagePlus imp = new CompositeImage(plain, CompositeImage.COLOR);
		imp.getStack().setSliceLabel("Red", 1);
		final FileInfo info = imp.getOriginalFileInfo();
		try (TemporaryFolder temporary = new TemporaryFolder(); ImageSender.Sent sent = new ImageSender(() -> 0).send(imp,
			1, 1, 12, temporary, new FakeEngine.Listener()))
		{
			final Path copy = folder.resolve("copy.tif");
			Files.copy(new File(sent.standIn).toPath(), copy);
			final ImagePlus back = IJ.openImage(copy.toString());
			assertEquals(3, back.getNChannels());
			assertEquals(4, back.getNFrames());
			assertEquals(bits, back.getBitDepth());
			assertEquals(signed, back.getCalibration().isSigned16Bit());
			assertEquals(0.5, back.getCalibration().pixelWidth);
			for (int i = 1; i <= 12; i++) {
				assertArrayEquals(imp.getStack().getProcessor(i).getFloatArray(), back.getStack().getProcessor(i)
					.getFloatArray());
			}
		}
		assertFalse(imp.changes);
		assertEquals("movie", imp.getTitle());
		assertSame(info, imp.getOriginalFileInfo());
	}

	@Test
	void writingTheTiffStops() throws Exception {
		try (TemporaryFolder temporary = new TemporaryFolder()) {
			assertThrows(Cancelled.class, () -> new ImageSender(() -> 0).send(hyperstack(16, 1, 1, 9), 1, 1, 9, temporary,
				FakeEngine.stopAt("Sending the movie")));
		}
	}

	@Test
	void virtualTiffIsKnownByItsPath(@TempDir final Path folder) throws Exception {
		final String path = folder.resolve("movie.tif").toString();
		IJ.saveAsTiff(hyperstack(16, 1, 1, 5), path);
		final ImagePlus imp = IJ.openVirtual(path);
		assertTrue(imp.getStack().isVirtual());
		final Map<String, Object> reply = send(imp);
		assertEquals(path, image(reply).get("path"));
		assertArrayEquals(expectedSums(1, 1, 5), sums(reply));
	}

	@Test
	void planesBeyondTwoGigabytesHaveTheirPlace() throws Exception {
		// 1100 planes of 1024 x 1024 16-bit; untouched pages of shared memory take no room
		final int side = 1024, planes = 1100;
		final long bytes = 2L * side * side;
		final ImagePlus imp = new ImagePlus("large", new ShortProcessor(side, side));
		try (NDArray block = ShmImages.allocate(imp, planes)) {
			for (final int plane : new int[] { 0, 1022, 1023, 1024, 1099 }) {
				final short[] pixels = new short[side * side];
				pixels[0] = (short) plane;
				pixels[side * side - 1] = (short) (plane + 1);
				ShmImages.put(block, plane, pixels);
			}
			try (RandomAccessFile file = new RandomAccessFile("/dev/shm/" + block.shm().name(), "r")) {
				for (final int plane : new int[] { 0, 1022, 1023, 1024, 1099 }) {
					assertEquals(plane, number(file, plane * bytes));
					assertEquals(plane + 1, number(file, (plane + 1) * bytes - 2));
				}
				assertEquals(0, number(file, 1098 * bytes));
			}
		}
	}

	private static int number(final RandomAccessFile file, final long place) throws Exception {
		file.seek(place);
		return Short.toUnsignedInt(Short.reverseBytes(file.readShort()));
	}

	private static List<Double> numbers(final Object list) {
		final List<Double> numbers = new ArrayList<>();
		for (final Object number : (List<?>) list) numbers.add(((Number) number).doubleValue());
		return numbers;
	}

	private static List<List<Object>> probe(final Map<String, Object> reply) {
		final List<List<Object>> probe = new ArrayList<>();
		for (final Object pair : (List<?>) image(reply).get("probe")) {
			final List<?> entry = (List<?>) pair;
			probe.add(Arrays.asList(entry.get(0), ((Number) entry.get(1)).doubleValue()));
		}
		return probe;
	}
}
