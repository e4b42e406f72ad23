package ivea.engine;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A short-lived program: its lines go to a consumer, and it can be stopped at any time. */
final class Subprocess {

	/** What Python gets: nothing is imported from the folder it runs in, and text is UTF-8 everywhere. */
	static final Map<String, String> ENVIRONMENT = environment();

	/** Exit code of a program that ran longer than allowed. */
	static final int TIMED_OUT = -1;
	/** Exit code of a program that was stopped. */
	static final int STOPPED = -2;

	private static final long POLL_MS = 100;
	/** A grandchild may keep the output open; this long its last lines are waited for. */
	private static final long LAST_LINES_MS = 500;

	private Subprocess() {}

	/**
	 * Run a program to its end.
	 *
	 * @param command program and arguments
	 * @param limitMs how long it may run
	 * @param line gets every line of output and errors, on the calling thread
	 * @param stop asked ten times a second
	 * @return its exit code, {@link #TIMED_OUT} or {@link #STOPPED}
	 * @throws IOException if it cannot be started
	 */
	static int run(final List<String> command, final long limitMs, final Consumer<String> line,
		final BooleanSupplier stop) throws IOException
	{
		final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(folder());
		builder.environment().putAll(ENVIRONMENT);
		final Process process = builder.start();
		process.getOutputStream().close();
		final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
		final Thread reader = new Thread(() -> read(process, lines), "IVEA output of " + command.get(0));
		reader.setDaemon(true);
		reader.start();
		final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
		try {
			while (process.isAlive() || reader.isAlive()) {
				pass(lines, line);
				if (!process.isAlive()) {
					reader.join(LAST_LINES_MS);
					break;
				}
				if (stop.getAsBoolean()) return STOPPED;
				if (System.nanoTime() > end) return TIMED_OUT;
			}
			for (String last = lines.poll(); last != null; last = lines.poll()) line.accept(last);
			return process.exitValue();
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			return STOPPED;
		}
		finally {
			process.destroyForcibly();
		}
	}

	/** An empty place to run in: what lies in the current folder must not be mistaken for a Python module. */
	static File folder() {
		return new File(System.getProperty("java.io.tmpdir"));
	}

	private static void pass(final BlockingQueue<String> lines, final Consumer<String> line)
		throws InterruptedException
	{
		final String first = lines.poll(POLL_MS, TimeUnit.MILLISECONDS);
		for (String next = first; next != null; next = lines.poll()) line.accept(next);
	}

	private static void read(final Process process, final BlockingQueue<String> lines) {
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream(),
			StandardCharsets.UTF_8)))
		{
			for (String line = reader.readLine(); line != null; line = reader.readLine()) lines.add(line);
		}
		catch (final IOException e) {
			// The program was killed while it wrote: there is nothing more to read.
		}
	}

	private static Map<String, String> environment() {
		final Map<String, String> variables = new HashMap<>();
		variables.put("PYTHONSAFEPATH", "1");
		variables.put("PYTHONUTF8", "1");
		return Collections.unmodifiableMap(variables);
	}
}
