package ivea.ui.label;

import ij.ImagePlus;
import ivea.engine.Cancelled;
import ivea.engine.Engine;
import ivea.engine.EngineException;
import ivea.engine.EngineListener;
import ivea.engine.Reply;
import ivea.engine.RoiChoice;
import ivea.label.Judgement;
import ivea.label.Label;
import ivea.label.LabelStore;
import ivea.ui.CsvTable;
import java.awt.EventQueue;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Asks the engine, in a thread of its own, what is reported by what was labelled so far. */
final class JudgeWork implements AutoCloseable {

	/** Who wants to know; all is told in the event thread. */
	interface Listener {

		/** What it does now. */
		void judging(String what);

		/** The answers: what is said of the labels that were sent, and places that are reported and not listed. */
		void judged(Map<Integer, Judgement.Answer> answers, List<Label> more, List<String> notes);

		/** It did not work; one sentence. */
		void failed(String sentence);
	}

	private final ImagePlus imp;
	private final Map<String, Object> settings;
	private final Listener listener;
	private volatile boolean closed;
	private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
		final Thread worker = new Thread(task, "IVEA judges labels");
		worker.setDaemon(true);
		return worker;
	});

	/** @param settings how the events were looked for */
	JudgeWork(final ImagePlus imp, final Map<String, Object> settings, final Listener listener) {
		this.imp = imp;
		this.settings = settings;
		this.listener = listener;
	}

	/** Judge the labels as they were at some moment. */
	void begin(final LabelStore.State state) {
		thread.execute(() -> {
			try {
				judge(state);
			}
			catch (final Cancelled e) {
				tell(() -> listener.failed("Judging was stopped."));
			}
			catch (final EngineException e) {
				tell(() -> listener.failed(e.getMessage()));
			}
			catch (final IOException | RuntimeException e) {
				tell(() -> listener.failed("The labels cannot be judged (" + e.getMessage() + "); try it again."));
			}
		});
	}

	private void tell(final Runnable what) {
		EventQueue.invokeLater(() -> {
			if (!closed) what.run();
		});
	}

	private void judge(final LabelStore.State state) throws IOException, EngineException, Cancelled {
		final Path folder = Files.createTempDirectory("ivea-labels-");
		try {
			final Path places = folder.resolve("places.json");
			state.write(places);
			final Map<String, Object> params = new LinkedHashMap<>(settings);
			params.put("label_file", places.toString());
			params.put("output_folder", folder.toString());
			final Reply reply = Engine.get().run("judge_labels", params, imp, RoiChoice.NONE, new Watcher());
			read(CsvTable.records(reply.tables().get(0).path), state, reply.notes());
		}
		finally {
			final File[] files = folder.toFile().listFiles();
			if (files != null) for (final File file : files) Files.deleteIfExists(file.toPath());
			Files.deleteIfExists(folder);
		}
	}

	private void read(final List<Map<String, String>> rows, final LabelStore.State state, final List<String> notes) {
		final Map<Integer, Judgement.Answer> answers = new HashMap<>();
		final List<Label> more = new ArrayList<>();
		final double radius = state.labels.isEmpty() ? LabelWindow.USUAL_RADIUS : state.labels.get(0).radius;
		for (final Map<String, String> row : rows) {
			final int id = Integer.parseInt(row.get("id")), classId = Integer.parseInt(row.get("class_id"));
			final double score = Double.parseDouble(row.get("probability"));
			final String rank = row.get("rank");
			if (id > 0) {
				answers.put(id, new Judgement.Answer(classId, score, row.get("reported").equals("1"), rank.isEmpty() ? 0
					: Integer.parseInt(rank)));
			}
			else {
				more.add(Label.at(Integer.parseInt(row.get("frame")), Double.parseDouble(row.get("y_px")), Double.parseDouble(row
					.get("x_px")), radius).withProposal(null, score));
			}
		}
		// What was listed and is no candidate has no answer: nothing changes there.
		tell(() -> listener.judged(answers, more, notes));
	}

	@Override
	public void close() {
		closed = true;
		thread.shutdown();
	}

	private final class Watcher implements EngineListener {

		private String last = "";

		@Override
		public void progress(final String message, final long current, final long maximum) {
			final String what = maximum > 0 ? message + " " + 100 * current / maximum + " %" : message;
			if (what.equals(last)) return;
			last = what;
			tell(() -> listener.judging(what));
		}

		@Override
		public boolean cancelRequested() {
			return closed;
		}
	}
}
