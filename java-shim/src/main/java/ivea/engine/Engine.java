package ivea.engine;

import ij.ImagePlus;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The Python engine: one warm process for this ImageJ, one command at a time. */
public final class Engine {

	/** Version of requests and replies; the engine must say the same. */
	static final int PROTOCOL = 1;

	private static final long POLL_MS = 100;
	private static final long GRACE_MS = 5000;
	/** The first start after an installation reads hundreds of megabytes, on Windows past a virus scanner. */
	private static final long START_LIMIT_MS = 600_000;
	/** How long a command may take to clean up when Java ends. */
	private static final long END_MS = 3000;
	/** Planning reads a few frames, which may lie far away. */
	private static final long PLAN_LIMIT_MS = 600_000;

	private static final Engine INSTANCE = new Engine(PythonLocator::engineCommand, new ImageSender(
		ImageSender::freeSharedMemory), GRACE_MS, START_LIMIT_MS);

	/** Tells how the process is started. */
	interface Launch {

		/** Program and arguments. */
		List<String> command() throws EngineException;
	}

	private final ReentrantLock lock = new ReentrantLock(true);
	private final Launch launch;
	private final ImageSender sender;
	private final long graceMs, startLimitMs;
	private volatile Worker worker;
	private volatile boolean ending;
	private Map<String, Object> hello;

	/**
	 * @param graceMs how long a cancelled command may take to stop by itself
	 * @param startLimitMs how long the process may take to answer at first
	 */
	Engine(final Launch launch, final ImageSender sender, final long graceMs, final long startLimitMs) {
		this.launch = launch;
		this.sender = sender;
		this.graceMs = graceMs;
		this.startLimitMs = startLimitMs;
		Runtime.getRuntime().addShutdownHook(new Thread(this::end, "IVEA end"));
	}

	/** The engine of this ImageJ. */
	public static Engine get() {
		return INSTANCE;
	}

	/**
	 * Run a command and wait for its end. A second caller waits until the first one is served.
	 *
	 * @param command name of the command
	 * @param params its parameters: text, numbers, booleans; null stands for the default
	 * @param imp the image it works on; null or empty for none; never changed
	 * @param rois ROIs of the ROI Manager; {@link RoiChoice#NONE} for none
	 * @param watcher gets the progress and says when to stop
	 * @return what the command answered
	 * @throws EngineException if it could not be done
	 * @throws Cancelled if the watcher wanted it to stop
	 */
	public Reply run(final String command, final Map<String, ?> params, final ImagePlus imp, final RoiChoice rois,
		final EngineListener watcher) throws EngineException, Cancelled
	{
		final EngineListener listener = untilTheEnd(watcher);
		return served(listener, () -> {
			final Map<String, Object> request = request(command, params);
			try (TemporaryFolder folder = new TemporaryFolder()) {
				final Map<String, Object> image = imp == null || imp.getWidth() == 0 ? null : ImageDescription.of(imp, rois,
					folder);
				request.put("image", image);
				final Worker process = ready(listener);
				try (ImageSender.Sent sent = image == null ? ImageSender.Sent.nothing() : send(process, command, request, imp,
					folder, listener))
				{
					if (!sent.standIn.isEmpty()) image.put("stand_in", sent.standIn);
					final Map<String, Object> inputs = inputs(request);
					inputs.put("image", sent.planes);
					return ask(process, command, "ivea_run(task, request, image)", inputs, listener, 0);
				}
			}
			catch (final IOException e) {
				throw new EngineException("Nothing can be written in '" + System.getProperty("java.io.tmpdir") +
					"'; make room there and start the command again.", e.toString());
			}
		});
	}

	/**
	 * Start the engine if it does not run, and tell about it.
	 *
	 * @return "ivea", "python", "appose", "device", "executable", ...
	 */
	public Map<String, Object> describe(final EngineListener listener) throws EngineException, Cancelled {
		return served(listener, () -> {
			ready(listener);
			return Collections.unmodifiableMap(hello);
		});
	}

	/** End the process, after the command that may be running; the next command starts a new one. */
	public void close() {
		lock.lock();
		try {
			stop();
		}
		finally {
			lock.unlock();
		}
	}

	private interface Work<T> {

		T get() throws EngineException, Cancelled;
	}

	/** Do something alone, with the class loader by which Appose finds its parts. */
	private <T> T served(final EngineListener listener, final Work<T> work) throws EngineException, Cancelled {
		enter(listener);
		final Thread thread = Thread.currentThread();
		final ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(Engine.class.getClassLoader());
		try {
			return work.get();
		}
		finally {
			thread.setContextClassLoader(before);
			lock.unlock();
		}
	}

	private void enter(final EngineListener listener) throws Cancelled {
		try {
			while (!lock.tryLock(POLL_MS, TimeUnit.MILLISECONDS)) {
				listener.progress("Waiting for another IVEA command", 0, 0);
				if (listener.cancelRequested()) throw new Cancelled();
			}
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			throw new Cancelled();
		}
	}

	/** The process, started and greeted. */
	private Worker ready(final EngineListener listener) throws EngineException, Cancelled {
		if (worker != null && worker.isAlive() && answers(listener)) return worker;
		stop();
		listener.progress("Starting the IVEA engine", 0, 0);
		final List<String> command = launch.command();
		try {
			worker = new Worker(command, graceMs);
		}
		catch (final IOException e) {
			throw new EngineException("'" + command.get(0) + "' cannot be started; " + PythonLocator.SET_UP, e.toString());
		}
		boolean greeted = false;
		try {
			hello = greet(command.get(0), listener);
			greeted = true;
			return worker;
		}
		finally {
			if (!greeted) stop();
		}
	}

	/** Whether the process that served before still does; Java hears of a death only a moment later. */
	private boolean answers(final EngineListener listener) throws Cancelled {
		try {
			ask(worker, "its greeting", "ivea_hello()", new HashMap<>(), listener, startLimitMs);
			return true;
		}
		catch (final EngineException e) {
			return false;
		}
	}

	private Map<String, Object> greet(final String python, final EngineListener listener) throws EngineException,
		Cancelled
	{
		final Map<String, Object> answer;
		try {
			answer = ask(worker, "its start", "ivea_hello()", new HashMap<>(), listener, startLimitMs).asMap();
		}
		catch (final EngineException e) {
			throw new EngineException("The IVEA engine does not start with '" + python + "'; run `" + PythonLocator.install(
				python) + "` to bring it up to date, or choose another Python with Plugins > IVEA > Set Up Python....", e
					.getMessage() + "\n" + e.details());
		}
		final Object protocol = answer.get("protocol");
		if (!(protocol instanceof Number) || ((Number) protocol).intValue() != PROTOCOL) {
			throw new EngineException("The plugin (" + PythonLocator.version() + ") and the engine in '" + python + "' (" +
				answer.get("ivea") + ") do not fit together; run `" + PythonLocator.install(python) + "`, or bring the " +
				"plugin up to date with `ivea fiji install`.");
		}
		return answer;
	}

	private ImageSender.Sent send(final Worker process, final String command, final Map<String, Object> request,
		final ImagePlus imp, final TemporaryFolder folder, final EngineListener listener) throws EngineException,
		Cancelled
	{
		final Map<String, Object> plan = ask(process, command, "ivea_plan(task, request)", inputs(request), listener,
			PLAN_LIMIT_MS).asMap();
		if (!"shared".equals(plan.get("mode"))) return ImageSender.Sent.nothing();
		final Map<?, ?> planes = (Map<?, ?>) plan.get("planes");
		return sender.send(imp, number(planes, "first"), number(planes, "step"), number(planes, "count"), folder,
			listener);
	}

	/** Run one of the engine's functions and read its answer. */
	private static Reply ask(final Worker process, final String what, final String function,
		final Map<String, Object> inputs, final EngineListener listener, final long limitMs) throws EngineException,
		Cancelled
	{
		final Object answer = process.call(what, "task.outputs[\"reply\"] = " + function, inputs, listener, limitMs).get(
			"reply");
		final Reply reply;
		try {
			reply = Reply.fromJson(String.valueOf(answer));
		}
		catch (final IllegalArgumentException e) {
			throw new EngineException("The IVEA engine gave no proper answer to " + what + "; please report this with the " +
				"text in the Log window.", String.valueOf(answer));
		}
		if (reply.status().equals("cancelled")) throw new Cancelled();
		if (reply.status().equals("error")) throw new EngineException(reply.message(), reply.details());
		return reply;
	}

	private static Map<String, Object> inputs(final Map<String, Object> request) throws EngineException {
		final Map<String, Object> inputs = new HashMap<>();
		inputs.put("request", Json.write(request));
		return inputs;
	}

	private static Map<String, Object> request(final String command, final Map<String, ?> params)
		throws EngineException
	{
		final Map<String, Object> values = new LinkedHashMap<>();
		for (final Map.Entry<String, ?> param : params.entrySet()) {
			if (param.getValue() != null) values.put(param.getKey(), plain(param.getKey(), param.getValue()));
		}
		final Map<String, Object> request = new LinkedHashMap<>();
		request.put("protocol", PROTOCOL);
		request.put("command", command);
		request.put("params", values);
		return request;
	}

	/** Text, a finite number, or yes and no; what else scripts hold (files, choices) is told by its text. */
	private static Object plain(final String name, final Object value) throws EngineException {
		if (value instanceof Boolean || value instanceof BigDecimal) return value;
		if (!(value instanceof Number)) return value.toString();
		final double number = ((Number) value).doubleValue();
		if (Double.isNaN(number) || Double.isInfinite(number)) {
			throw new EngineException("'" + name + "' is no number; give it one.");
		}
		return value;
	}

	private static int number(final Map<?, ?> map, final String key) {
		return ((Number) map.get(key)).intValue();
	}

	private void stop() {
		if (worker != null) worker.kill();
		worker = null;
	}

	/** Java ends: the process goes with it, and a running command gives back its shared memory and files. */
	private void end() {
		ending = true;
		killNow();
		try {
			if (lock.tryLock(END_MS, TimeUnit.MILLISECONDS)) lock.unlock();
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		killNow();
	}

	private void killNow() {
		final Worker process = worker;
		if (process != null) process.killNow();
	}

	/** A listener that wants every command to stop once Java ends. */
	private EngineListener untilTheEnd(final EngineListener listener) {
		return new EngineListener() {

			@Override
			public void progress(final String message, final long current, final long maximum) {
				listener.progress(message, current, maximum);
			}

			@Override
			public boolean cancelRequested() {
				return ending || listener.cancelRequested();
			}
		};
	}
}
