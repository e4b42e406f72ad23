package ivea.ui.label;

import ij.ImageListener;
import ij.ImagePlus;
import ij.gui.ImageCanvas;
import ij.gui.Roi;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.ui.MoviePlace;
import java.awt.EventQueue;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.awt.event.MouseListener;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The user's movie while its events are labelled: it is sent to the frame of an event and gets its ROI as selection.
 * Nothing else of it is touched, and at the end it has the selection that it had before.
 */
final class MovieView implements AutoCloseable {

	/** What happens in the movie's window; told in the event thread. */
	interface Listener {

		/** A place was clicked while places were wanted; frame from 1, px with 0 at the centre of the first pixel. */
		void clicked(int frame, double y, double x);

		/** The movie is no longer open. */
		void closed();
	}

	private final ImagePlus imp;
	private final LabelClasses classes;
	private final Listener listener;
	private final Roi before;
	private volatile Roi shown;
	private boolean wantsClick;
	private final AtomicLong wish = new AtomicLong();
	private final AtomicInteger pending = new AtomicInteger();
	/** The frame that will be shown once nothing is pending. */
	private int wanted;
	/** Virtual stacks take their time to show a frame. */
	private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
		final Thread worker = new Thread(task, "IVEA label movie");
		worker.setDaemon(true);
		return worker;
	});
	private final MouseListener clicks = new MouseAdapter() {

		@Override
		public void mousePressed(final MouseEvent e) {
			if (!wantsClick) return;
			final ImageCanvas canvas = imp.getCanvas();
			final double x = canvas.offScreenXD(e.getX()) - 0.5, y = canvas.offScreenYD(e.getY()) - 0.5;
			// ImageJ's own tool gets the click too; what it makes of it is replaced by the new event's ROI.
			EventQueue.invokeLater(() -> listener.clicked(frame(), y, x));
		}
	};
	private final ImageListener closing = new ImageListener() {

		@Override
		public void imageClosed(final ImagePlus closed) {
			if (closed == imp) EventQueue.invokeLater(listener::closed);
		}

		@Override
		public void imageOpened(final ImagePlus opened) {
			// Not ours.
		}

		@Override
		public void imageUpdated(final ImagePlus updated) {
			// Its frame may have changed, which is no matter here.
		}
	};

	MovieView(final ImagePlus imp, final LabelClasses classes, final Listener listener) {
		this.imp = imp;
		this.classes = classes;
		this.listener = listener;
		before = imp.getRoi();
		ImagePlus.addImageListener(closing);
		if (imp.getCanvas() != null) imp.getCanvas().addMouseListener(clicks);
	}

	/** The frame that is shown, from 1. */
	int frame() {
		return MoviePlace.frame(imp);
	}

	/** Show a label: its frame, its place, its ROI. */
	void show(final Label label) {
		final Roi roi = LabelRois.roi(label, classes, imp);
		later(() -> {
			MoviePlace.go(imp, label.frame);
			shown = roi;
			imp.setRoi(roi);
			MoviePlace.uncover(imp, label.x, label.y);
		});
		wanted = label.frame;
	}

	/** Go some frames on or back; the selection stays. */
	void step(final int frames) {
		final int from = pending.get() > 0 ? wanted : frame();
		final int to = Math.max(1, Math.min(MoviePlace.frames(imp), from + frames));
		wanted = to;
		later(() -> MoviePlace.go(imp, to));
	}

	/** Whether the next click in the movie is wanted as the place of an event. */
	void wantClick(final boolean wanted) {
		wantsClick = wanted;
	}

	private void later(final Runnable work) {
		final long mine = wish.incrementAndGet();
		pending.incrementAndGet();
		thread.execute(() -> {
			try {
				if (wish.get() == mine && imp.getWindow() != null) work.run();
			}
			finally {
				pending.decrementAndGet();
			}
		});
	}

	/** Leave the movie as it was, but for the frame that is shown. */
	@Override
	public void close() {
		ImagePlus.removeImageListener(closing);
		if (imp.getCanvas() != null) imp.getCanvas().removeMouseListener(clicks);
		wish.incrementAndGet();
		thread.execute(() -> {
			if (imp.getWindow() == null || !isOurs(imp.getRoi())) return;
			if (before == null) imp.deleteRoi();
			else imp.setRoi(before);
		});
		thread.shutdown();
	}

	/** Whether a selection is the one that stands for an event; ImageJ has made a copy of it. */
	private boolean isOurs(final Roi roi) {
		return roi != null && shown != null && shown.getName().equals(roi.getName());
	}
}
