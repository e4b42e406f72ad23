package ivea.engine;

import ij.ImagePlus;
import ij.VirtualStack;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.util.Collections;
import java.util.Map;

/** Sends a large virtual movie to the real engine, which looks at every pixel; prints time, rate and Java's memory. */
final class Transfer {

	private static final int SIDE = 512;
	private static final String LOOK = "pixels = image.ndarray()\n" +
		"task.outputs['wrong'] = sum(int((pixels[i] != i).any()) for i in range(len(pixels)))\n" +
		"del pixels\nimage.shm.close()\n";

	private Transfer() {}

	/** Arguments: frames of 512 x 512 pixels of 16 bits; how many megabytes of shared memory are believed to be free. */
	public static void main(final String[] args) throws Exception {
		final int frames = Integer.parseInt(args[0]);
		final long room = Long.parseLong(args[1]) << 20;
		final ImagePlus imp = new ImagePlus("large", new Frames(frames));
		final Worker worker = new Worker(PythonLocator.engineCommand(), 5000);
		worker.call("its start", "task.outputs['reply'] = ivea_hello()", Collections.emptyMap(),
			new FakeEngine.Listener(), 0);
		final long[] peak = new long[1];
		final FakeEngine.Listener listener = new FakeEngine.Listener() {

			@Override
			public void progress(final String message, final long current, final long maximum) {
				final Runtime java = Runtime.getRuntime();
				peak[0] = Math.max(peak[0], java.totalMemory() - java.freeMemory());
			}
		};
		Thread.currentThread().setContextClassLoader(Transfer.class.getClassLoader());
		final long start = System.nanoTime();
		try (TemporaryFolder folder = new TemporaryFolder(); ImageSender.Sent sent = new ImageSender(
			() -> room).send(imp, 1, 1, frames, folder, listener))
		{
			final double seconds = (System.nanoTime() - start) / 1e9, megabytes = frames * 2.0 * SIDE * SIDE / 1e6;
			System.out.printf("sent\t%.0f MB\t%.2f s\t%.0f MB/s\theap at most %d MB of %d MB%n", megabytes, seconds, megabytes /
				seconds, peak[0] >> 20, Runtime.getRuntime().maxMemory() >> 20);
			System.out.println("by\t" + (sent.planes == null ? "file" : "shared memory"));
			if (sent.planes == null) return;
			final Map<String, Object> found = worker.call("looking", LOOK, Collections.singletonMap("image",
				sent.planes), new FakeEngine.Listener(), 0);
			System.out.println("wrong frames\t" + found.get("wrong"));
		}
		finally {
			worker.kill();
		}
	}

	/** Frames that are made when they are asked for: each is filled with its own number. */
	private static final class Frames extends VirtualStack {

		private final int frames;

		private Frames(final int frames) {
			super(SIDE, SIDE, null, "");
			this.frames = frames;
		}

		@Override
		public ImageProcessor getProcessor(final int n) {
			final ShortProcessor plane = new ShortProcessor(SIDE, SIDE);
			java.util.Arrays.fill((short[]) plane.getPixels(), (short) (n - 1));
			return plane;
		}

		@Override
		public int getSize() {
			return frames;
		}

		@Override
		public int getBitDepth() {
			return 16;
		}
	}
}
