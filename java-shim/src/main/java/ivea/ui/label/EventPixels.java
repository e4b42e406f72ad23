package ivea.ui.label;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ImageProcessor;
import ivea.label.Label;
import ivea.ui.MoviePlace;
import java.awt.EventQueue;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Reads the surroundings of events in a thread of its own: movies may be virtual and lie far away. Who goes on to
 * another event does not wait for the one before.
 */
final class EventPixels implements AutoCloseable {

	/** Frames of the little movie, relative to the event. */
	static final int BEFORE = 10, AFTER = 20;
	private static final int TRACE_BEFORE = 40, TRACE_AFTER = 80;
	/** At least the square the original program's network sees. */
	private static final int LEAST_HALF = 14;
	private static final int MOST_HALF = 60;
	private static final int RING = 3;
	private static final int KEPT = 60;

	/** The surroundings of one event. */
	static final class Patch {

		final Label label;
		/** Side of the square; the centre of its middle pixel is the event's, rounded. */
		final int side;
		/** Column and row of its first pixel in the movie; may be negative. */
		final int left, top;
		/** First frame, from 1. */
		final int first;
		/** Pixels of each frame by rows; NaN outside the movie. */
		final float[][] frames;

		private Patch(final Label label, final int half, final int first, final int count) {
			this.label = label;
			side = 2 * half + 1;
			left = (int) Math.round(label.x) - half;
			top = (int) Math.round(label.y) - half;
			this.first = first;
			frames = new float[count][];
		}
	}

	/** Mean brightness of an event over its background. */
	static final class Trace {

		final Label label;
		/** First frame, from 1. */
		final int first;
		final double[] values;

		private Trace(final Label label, final int first, final int count) {
			this.label = label;
			this.first = first;
			values = new double[count];
		}
	}

	private final ImagePlus imp;
	private final ImageStack stack;
	private final int frames;
	private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
		final Thread worker = new Thread(task, "IVEA label pixels");
		worker.setDaemon(true);
		return worker;
	});
	private final AtomicLong wish = new AtomicLong();
	// Only used in the thread.
	private final Map<Label, Patch> patches = cache();
	private final Map<Label, Trace> traces = cache();

	EventPixels(final ImagePlus imp) {
		this.imp = imp;
		stack = imp.getStack();
		frames = MoviePlace.frames(imp);
	}

	/**
	 * Read an event; both answers come in the event thread, and neither if another event is wanted before.
	 *
	 * @param next the event that will probably be wanted next, null if there is none
	 */
	void read(final Label label, final Label next, final Consumer<Patch> patch, final Consumer<Trace> trace,
		final Consumer<RuntimeException> fault)
	{
		final long mine = wish.incrementAndGet();
		thread.execute(() -> {
			try {
				tell(mine, patch, patch(label, mine));
				tell(mine, trace, trace(label, mine));
				if (next != null) patch(next, mine);
			}
			catch (final RuntimeException e) {
				// A virtual stack whose file has gone.
				tell(mine, fault, e);
			}
		});
	}

	private <T> void tell(final long mine, final Consumer<T> consumer, final T value) {
		if (value != null && wish.get() == mine) EventQueue.invokeLater(() -> {
			if (wish.get() == mine) consumer.accept(value);
		});
	}

	/** Stop; nothing is told any more. */
	@Override
	public void close() {
		wish.incrementAndGet();
		thread.shutdown();
	}

	private Patch patch(final Label label, final long mine) {
		Patch patch = patches.get(label);
		if (patch != null) return patch;
		final int first = Math.max(1, label.frame - BEFORE), last = Math.min(frames, label.frame + AFTER);
		final int half = (int) Math.max(LEAST_HALF, Math.min(MOST_HALF, Math.round(4 * label.radius)));
		patch = new Patch(label, half, first, last - first + 1);
		for (int i = 0; i < patch.frames.length; i++) {
			if (wish.get() != mine) return null;
			patch.frames[i] = square(first + i, patch.left, patch.top, patch.side);
		}
		patches.put(label, patch);
		return patch;
	}

	private Trace trace(final Label label, final long mine) {
		Trace trace = traces.get(label);
		if (trace != null) return trace;
		final int first = Math.max(1, label.frame - TRACE_BEFORE), last = Math.min(frames, label.frame + TRACE_AFTER);
		trace = new Trace(label, first, last - first + 1);
		final int half = (int) Math.ceil(inner(label) + RING);
		final int left = (int) Math.round(label.x) - half, top = (int) Math.round(label.y) - half;
		for (int i = 0; i < trace.values.length; i++) {
			if (wish.get() != mine) return null;
			trace.values[i] = signal(square(first + i, left, top, 2 * half + 1), label, left, top, 2 * half + 1);
		}
		traces.put(label, trace);
		return trace;
	}

	/** Mean within the radius minus the median of the ring that the engine takes too. */
	private static double signal(final float[] pixels, final Label label, final int left, final int top,
		final int side)
	{
		double sum = 0;
		int inside = 0, around = 0;
		final float[] ring = new float[pixels.length];
		for (int i = 0; i < pixels.length; i++) {
			if (Float.isNaN(pixels[i])) continue;
			final double distance = Math.hypot(left + i % side - label.x, top + i / side - label.y);
			if (distance <= label.radius) {
				sum += pixels[i];
				inside++;
			}
			else if (distance >= inner(label) && distance <= inner(label) + RING) ring[around++] = pixels[i];
		}
		if (inside == 0 || around == 0) return Double.NaN;
		Arrays.sort(ring, 0, around);
		return sum / inside - (ring[(around - 1) / 2] + ring[around / 2]) / 2.0;
	}

	private static double inner(final Label label) {
		return Math.max(2 * label.radius, label.radius + RING);
	}

	/** A square of one frame in the channel and slice that are shown; NaN outside. */
	private float[] square(final int frame, final int left, final int top, final int side) {
		final ImageProcessor plane = stack.getProcessor(MoviePlace.index(imp, frame));
		final float[] pixels = new float[side * side];
		for (int i = 0; i < pixels.length; i++) {
			final int x = left + i % side, y = top + i / side;
			final boolean inside = x >= 0 && y >= 0 && x < plane.getWidth() && y < plane.getHeight();
			pixels[i] = inside ? plane.getf(x, y) : Float.NaN;
		}
		return pixels;
	}

	private static <V> Map<Label, V> cache() {
		return new LinkedHashMap<Label, V>(16, 0.75f, true) {

			@Override
			protected boolean removeEldestEntry(final Map.Entry<Label, V> eldest) {
				return size() > KEPT;
			}
		};
	}
}
