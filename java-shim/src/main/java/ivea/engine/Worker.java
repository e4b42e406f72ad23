package ivea.engine;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apposed.appose.Service;
import org.apposed.appose.Service.ResponseType;
import org.apposed.appose.Service.Task;
import org.apposed.appose.TaskEvent;

/**
 * One process of the engine. Whatever goes wrong there, a call ends: with an answer, an error, or the process killed.
 * Only those parts of Appose are used that are alike in 0.9 to 0.12.
 */
final class Worker {

	private static final long POLL_MS = 50;
	/** Appose reports the end of a process itself; this long after it, or after its last word, none will come. */
	private static final long REPORT_OF_END_MS = 3000;
	private static final int LAST_WORDS = 40;
	/** Stands in every message of the engine. */
	private static final String ANSWER = "responseType";
	/** Exit codes of a process that the system killed: as a shell and as Python count them. */
	private static final int KILLED = 137;

	private final Service service;
	private final ThreadGroup threads;
	private final long graceMs;
	private volatile Throwable broken;
	private boolean answered;

	/**
	 * Start a process.
	 *
	 * @param command program and arguments
	 * @param graceMs how long a cancelled task may take to stop by itself
	 */
	Worker(final List<String> command, final long graceMs) throws IOException {
		this.graceMs = graceMs;
		service = new Service(Subprocess.folder(), Subprocess.ENVIRONMENT, command.toArray(new String[0]));
		threads = new ThreadGroup(topGroup(), "IVEA engine") {

			@Override
			public void uncaughtException(final Thread thread, final Throwable error) {
				broken = error;
			}
		};
		threads.setDaemon(true);
		start();
	}

	/**
	 * Appose's threads take over what the thread that starts them has: the group, which hears of their death; being
	 * daemons, so that a program without a window can end; and the class loader, by which Appose finds its parts.
	 */
	private void start() throws IOException {
		final IOException[] failure = new IOException[1];
		final Thread starter = new Thread(threads, () -> {
			try {
				service.start();
			}
			catch (final IOException e) {
				failure[0] = e;
			}
		}, "IVEA start");
		starter.setDaemon(true);
		starter.setContextClassLoader(Worker.class.getClassLoader());
		starter.start();
		boolean interrupted = false;
		while (starter.isAlive()) {
			try {
				starter.join();
			}
			catch (final InterruptedException e) {
				interrupted = true;
			}
		}
		if (interrupted) Thread.currentThread().interrupt();
		if (failure[0] != null) throw failure[0];
	}

	/** Whether the next task can be given to it. */
	boolean isAlive() {
		return service.isAlive() && broken == null && isHeard();
	}

	/**
	 * Run a script and wait for its end.
	 *
	 * @param what what the user knows it as
	 * @param limitMs how long it may take; 0 for as long as it likes
	 * @return the script's outputs
	 * @throws EngineException if it failed; the process may be gone
	 * @throws Cancelled if the listener wanted it to stop; the process may be gone
	 */
	Map<String, Object> call(final String what, final String script, final Map<String, Object> inputs,
		final EngineListener listener, final long limitMs) throws EngineException, Cancelled
	{
		final Progress progress = new Progress();
		boolean ended = false;
		try {
			final int noise = service.invalidLines().size();
			final Task task = service.task(script, inputs).listen(progress::tell);
			task.start();
			final TaskEvent end = await(what, task, progress, listener, limitMs, noise);
			ended = true;
			answered = true;
			return outcome(what, task, end.responseType);
		}
		catch (final IOException e) {
			throw new EngineException("The IVEA engine could not be reached; start the command again.", e.toString());
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			throw new Cancelled();
		}
		finally {
			if (!ended) kill();
		}
	}

	private TaskEvent await(final String what, final Task task, final Progress progress, final EngineListener listener,
		final long limitMs, final int noise) throws EngineException, Cancelled, InterruptedException
	{
		final long start = now();
		long cancelledAt = 0, endedAt = 0;
		for (;;) {
			final TaskEvent news = progress.next(POLL_MS);
			if (news != null && news.responseType.isTerminal()) return news;
			if (news != null && news.message != null) listener.progress(news.message, news.current, news.maximum);
			if (cancelledAt == 0 && listener.cancelRequested()) {
				cancelledAt = now();
				task.cancel();
			}
			if (cancelledAt != 0 && now() - cancelledAt > graceMs) throw new Cancelled();
			checkTransport(what, noise);
			if (endedAt == 0 && !(service.isAlive() && isHeard())) endedAt = now();
			if (endedAt != 0 && now() - endedAt > REPORT_OF_END_MS) throw stopped(what, "it closed its line");
			if (limitMs != 0 && now() - start > limitMs) {
				throw stopped(what, "it gave no answer within " + limitMs / 1000 + " seconds");
			}
		}
	}

	/** Nothing but messages travels on the engine's line once it has answered; all else may have swallowed an answer. */
	private void checkTransport(final String what, final int noise) throws EngineException {
		if (broken instanceof OutOfMemoryError) throw stopped(what, "its answer was too large for Java's memory");
		if (broken != null) throw stopped(what, "its answer could not be read: " + broken);
		final List<String> invalid = service.invalidLines();
		for (int i = noise; i < invalid.size(); i++) {
			// What Python prints before our part of it runs does no harm, unless it stands before an answer.
			if (answered || invalid.get(i).contains(ANSWER)) throw stopped(what, "its answer was damaged");
		}
	}

	/** Whether the thread that hears the answers lives; Appose names it so. */
	private boolean isHeard() {
		final Thread[] found = new Thread[threads.activeCount() + 8];
		final int count = threads.enumerate(found);
		for (int i = 0; i < count; i++) {
			if (found[i].getName().endsWith("-Stdout")) return true;
		}
		return false;
	}

	private Map<String, Object> outcome(final String what, final Task task, final ResponseType end)
		throws EngineException, Cancelled
	{
		switch (end) {
			case COMPLETION:
				return task.outputs;
			case CANCELATION:
				throw new Cancelled();
			case FAILURE:
				throw new EngineException("The IVEA engine failed during " + what + "; please report this with the text " +
					"in the Log window.", String.valueOf(task.error));
			default:
				throw stopped(what, reason(exitCode()));
		}
	}

	private static String reason(final int code) {
		final String told = "exit code " + code;
		return code == KILLED || code == -9 ? told + ", which mostly means that memory ran out: close other programs or " +
			"analyse fewer frames" : told;
	}

	private EngineException stopped(final String what, final String reason) {
		kill();
		return new EngineException("The IVEA engine was lost during " + what + " (" + reason + "); it starts anew with " +
			"the next command.", lastWords());
	}

	/** The end of what the process wrote to its standard error; to be asked once it is dead. */
	String lastWords() {
		final List<String> lines = service.errorLines();
		return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size()));
	}

	/** End the process at once and wait until it is gone; harmless if it is. */
	void kill() {
		service.kill();
		final long end = now() + REPORT_OF_END_MS;
		boolean interrupted = false;
		while ((service.isAlive() || threads.activeCount() > 0) && now() < end) {
			try {
				Thread.sleep(5);
			}
			catch (final InterruptedException e) {
				interrupted = true;
			}
		}
		if (interrupted) Thread.currentThread().interrupt();
	}

	/** Called while the Java program ends: no waiting. */
	void killNow() {
		service.kill();
	}

	private int exitCode() {
		try {
			return service.waitFor();
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			return -1;
		}
	}

	private static long now() {
		return System.nanoTime() / 1_000_000;
	}

	private static ThreadGroup topGroup() {
		ThreadGroup group = Thread.currentThread().getThreadGroup();
		while (group.getParent() != null) group = group.getParent();
		return group;
	}

	/** The newest message of a task; an end is never lost. Appose's own fields are set before all of it has arrived. */
	private static final class Progress {

		private TaskEvent news, end;

		private synchronized void tell(final TaskEvent event) {
			if (event.responseType.isTerminal()) end = event;
			else if (event.responseType == ResponseType.UPDATE) news = event;
			notifyAll();
		}

		/** The end if there is one, else what came since the last time, else null after a while. */
		private synchronized TaskEvent next(final long waitMs) throws InterruptedException {
			if (news == null && end == null) wait(waitMs);
			final TaskEvent found = end != null ? end : news;
			news = null;
			return found;
		}
	}
}
