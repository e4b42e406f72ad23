package ivea.engine;

import java.io.File;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Engines on the fake worker, and what they leave behind. */
final class FakeEngine {

	static final long GRACE_MS = 400;

	private FakeEngine() {}

	static Engine start(final String... fault) {
		return start(() -> Long.MAX_VALUE, 60_000, fault);
	}

	static Engine start(final LongSupplier room, final long startLimitMs, final String... fault) {
		final List<String> command = new ArrayList<>(Arrays.asList("python3", worker()));
		command.addAll(Arrays.asList(fault));
		return new Engine(() -> command, new ImageSender(room), GRACE_MS, startLimitMs);
	}

	static String worker() {
		try {
			return new File(FakeEngine.class.getResource("/ivea/fake_worker.py").toURI()).getPath();
		}
		catch (final URISyntaxException e) {
			throw new AssertionError(e);
		}
	}

	static Reply run(final Engine engine, final String command) throws EngineException, Cancelled {
		return engine.run(command, Collections.emptyMap(), null, RoiChoice.NONE, new Listener());
	}

	static long pid(final Reply reply) {
		return ((Number) reply.asMap().get("pid")).longValue();
	}

	static boolean isRunning(final long pid) {
		return new File("/proc/" + pid).exists();
	}

	/** Blocks of shared memory and temporary folders of ours. */
	static TreeSet<String> leftovers() {
		final TreeSet<String> names = new TreeSet<>();
		final File[] blocks = new File("/dev/shm").listFiles((dir, name) -> name.startsWith(ShmImages.PREFIX));
		final File[] folders = new File(System.getProperty("java.io.tmpdir")).listFiles((dir, name) -> name.startsWith(
			TemporaryFolder.PREFIX));
		for (final File file : blocks) names.add(file.getPath());
		for (final File file : folders) names.add(file.getPath());
		return names;
	}

	/** Names of living threads of engines, after a moment in which they may end. */
	static List<String> threads() throws InterruptedException {
		final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
		List<String> names;
		do {
			names = new ArrayList<>();
			for (final Thread thread : Thread.getAllStackTraces().keySet()) {
				if (thread.getName().startsWith("Appose-Service")) names.add(thread.getName());
			}
			if (!names.isEmpty()) Thread.sleep(20);
		}
		while (!names.isEmpty() && System.nanoTime() < end);
		return names;
	}

	/** Remembers the progress and asks to stop at a given message. */
	static class Listener implements EngineListener {

		final List<String> messages = Collections.synchronizedList(new ArrayList<>());
		volatile boolean cancel;

		@Override
		public void progress(final String message, final long current, final long maximum) {
			messages.add(message + " " + current + "/" + maximum);
		}

		@Override
		public boolean cancelRequested() {
			return cancel;
		}
	}

	/** Asks to stop as soon as the command has told a step. */
	static Listener stopAt(final String message) {
		return new Listener() {

			@Override
			public void progress(final String told, final long current, final long maximum) {
				super.progress(told, current, maximum);
				if (told.equals(message)) cancel = true;
			}
		};
	}

	static Map<String, Object> steps(final int number, final double seconds) {
		final Map<String, Object> params = new java.util.HashMap<>();
		params.put("steps", number);
		params.put("seconds", seconds);
		return params;
	}
}
