package ivea.engine;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ShortProcessor;
import java.io.File;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Many commands in a row on the real engine, some of them cancelled, some with the process killed. Prints how they
 * ended and what was left; ends with 1 if anything was not as it should be.
 */
final class Stress {

	private static final int SIZE = 64;

	private Stress() {}

	/** Arguments: commands, cancelled ones, ones whose process is killed. */
	public static void main(final String[] args) throws Exception {
		final int all = Integer.parseInt(args[0]);
		final int cancelled = Integer.parseInt(args[1]), killed = Integer.parseInt(args[2]);
		final ImagePlus movie = movie(40);
		final Map<String, Object> params = new HashMap<>();
		params.put("overview", false);
		final TreeMap<String, Integer> ends = new TreeMap<>();
		final Set<Long> processes = new TreeSet<>();
		final TreeSet<String> before = FakeEngine.leftovers();
		int wrong = 0;
		for (int i = 0; i < all; i++) {
			final boolean cancel = i * cancelled / all != (i + 1) * cancelled / all;
			final boolean kill = !cancel && (i + 1) * killed / all != (i + 2) * killed / all;
			final long pid = ((Number) Engine.get().describe(new FakeEngine.Listener()).get("pid")).longValue();
			processes.add(pid);
			final String end = end(movie, params, cancel ? new Canceller(i) : kill ? new Killer(pid)
				: new FakeEngine.Listener());
			final String expected = cancel ? "cancelled" : kill ? "lost" : "done";
			if (!end.equals(expected)) {
				wrong++;
				System.out.println("command " + i + " should be " + expected + " and is " + end);
			}
			ends.merge(end, 1, Integer::sum);
		}
		final long running = processes.stream().filter(FakeEngine::isRunning).count();
		Engine.get().close();
		final TreeSet<String> left = FakeEngine.leftovers();
		left.removeAll(before);
		final long alive = processes.stream().filter(FakeEngine::isRunning).count();
		System.out.println("ends\t" + ends);
		System.out.println("processes\t" + processes.size() + " started, " + running + " running, " + alive + " left");
		System.out.println("left\tfiles and blocks " + left + ", threads " + FakeEngine.threads());
		System.exit(wrong == 0 && running <= 1 && alive == 0 && left.isEmpty() && FakeEngine.threads().isEmpty() ? 0 : 1);
	}

	private static String end(final ImagePlus movie, final Map<String, Object> params, final EngineListener listener) {
		try {
			final Reply reply = Engine.get().run("detect_random_bursts", params, movie, RoiChoice.NONE, listener);
			if (reply.temporary()) TemporaryFolder.delete(new File(reply.folder()));
			return reply.status();
		}
		catch (final Cancelled e) {
			return "cancelled";
		}
		catch (final EngineException e) {
			return e.getMessage().startsWith("The IVEA engine was lost") ? "lost" : e.getMessage() + e.details();
		}
	}

	/** Noise with a few flashes. */
	private static ImagePlus movie(final int frames) {
		final Random random = new Random(1);
		final ImageStack stack = new ImageStack(SIZE, SIZE);
		for (int t = 0; t < frames; t++) {
			final ShortProcessor plane = new ShortProcessor(SIZE, SIZE);
			for (int i = 0; i < SIZE * SIZE; i++) plane.set(i, 200 + random.nextInt(20));
			if (t % 10 > 5) plane.set(20 + t / 2, 30, 2000);
			stack.addSlice(plane);
		}
		final ImagePlus movie = new ImagePlus("flashes", stack);
		movie.setDimensions(1, 1, frames);
		return movie;
	}

	/** Asks to stop after some messages, another number of them each time. */
	private static final class Canceller extends FakeEngine.Listener {

		private final int after;

		private Canceller(final int number) {
			after = number % 4;
		}

		@Override
		public void progress(final String message, final long current, final long maximum) {
			super.progress(message, current, maximum);
			if (messages.size() > after) cancel = true;
		}
	}

	/** Kills the process at the first message of the command. */
	private static final class Killer extends FakeEngine.Listener {

		private final long pid;
		private boolean done;

		private Killer(final long pid) {
			this.pid = pid;
		}

		@Override
		public void progress(final String message, final long current, final long maximum) {
			if (done) return;
			done = true;
			try {
				new ProcessBuilder("kill", "-9", "" + pid).start().waitFor(5, TimeUnit.SECONDS);
			}
			catch (final Exception e) {
				throw new IllegalStateException(e);
			}
		}
	}
}
