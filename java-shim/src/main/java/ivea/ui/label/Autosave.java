package ivea.ui.label;

import ij.ImagePlus;
import ivea.label.LabelClasses;
import ivea.label.LabelStore;
import java.awt.EventQueue;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import javax.swing.Timer;

/**
 * Writes the ROI set and the snapshot a moment after the last change, in a thread of its own. The journal has every
 * change at once; this is what other programs read.
 */
final class Autosave {

	private static final int DELAY_MS = 1200;

	private final LabelStore store;
	private final LabelClasses classes;
	private final ImagePlus imp;
	private final Consumer<String> told;
	private final Timer timer = new Timer(DELAY_MS, e -> begin());
	private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
		final Thread worker = new Thread(task, "IVEA label files");
		worker.setDaemon(true);
		return worker;
	});
	private final Thread atEnd = new Thread(this::saveNow, "IVEA labels at the end");

	/** @param told hears, in the event thread, what was saved or why not */
	Autosave(final LabelStore store, final LabelClasses classes, final ImagePlus imp, final Consumer<String> told) {
		this.store = store;
		this.classes = classes;
		this.imp = imp;
		this.told = told;
		timer.setRepeats(false);
		Runtime.getRuntime().addShutdownHook(atEnd);
	}

	/** Something changed. */
	void changed() {
		timer.restart();
	}

	private void begin() {
		final LabelStore.State state = store.state();
		thread.execute(() -> {
			final String sentence = save(state);
			EventQueue.invokeLater(() -> told.accept(sentence));
		});
	}

	/** Save what is not saved, and then do something in the event thread. */
	void flush(final Runnable then) {
		timer.stop();
		final LabelStore.State state = store.state();
		final boolean dirty = store.isDirty();
		thread.execute(() -> {
			final String sentence = dirty ? save(state) : "";
			EventQueue.invokeLater(() -> {
				if (!sentence.isEmpty()) told.accept(sentence);
				then.run();
			});
		});
	}

	/** Save what is not saved, let the files go, and then do something in the event thread. */
	void close(final Runnable then) {
		timer.stop();
		final LabelStore.State state = store.state();
		final boolean dirty = store.isDirty();
		thread.execute(() -> {
			final String sentence = dirty ? save(state) : "";
			try {
				Runtime.getRuntime().removeShutdownHook(atEnd);
				store.close();
			}
			catch (final IOException | IllegalStateException e) {
				// Everything is written, or ImageJ ends just now.
			}
			EventQueue.invokeLater(() -> {
				if (!sentence.isEmpty()) told.accept(sentence);
				then.run();
			});
		});
		thread.shutdown();
	}

	/** ImageJ ends while the window is open. */
	private void saveNow() {
		if (store.isDirty()) save(store.state());
	}

	/** Write both files; return one sentence on it. */
	private synchronized String save(final LabelStore.State state) {
		try {
			final int labelled = (int) state.labels.stream().filter(label -> label.isLabelled()).count();
			if (labelled > 0) LabelRois.write(store.roiFile(), state.labels, classes, imp, store.session());
			else if (LabelRois.isOurs(store.roiFile(), store.session())) Files.delete(store.roiFile());
			store.save(state);
			return labelled == 0 ? " " : (labelled == 1 ? "1 label" : labelled + " labels") +
				" saved in " + store.roiFile().getFileName();
		}
		catch (final IOException | RuntimeException e) {
			return "The labels cannot be saved in '" + store.roiFile().getParent() + "' (" + e.getMessage() +
				"); make room there or mend it, they are saved with the next change.";
		}
	}
}
