package ivea.ui.label;

import ij.ImagePlus;
import ivea.engine.Reply;
import ivea.label.Judgement;
import ivea.label.Label;
import ivea.label.LabelList;
import ivea.label.LabelStore;
import ivea.ui.ByButton;
import ivea.ui.Results;
import java.awt.BorderLayout;
import java.awt.EventQueue;
import java.awt.Insets;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.swing.BorderFactory;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JLabel;
import javax.swing.JOptionPane;
import javax.swing.JPanel;

/** What is learned while labelling: judged anew by itself or when asked, taken as the result, saved as a model. */
final class JudgeBar extends JPanel implements JudgeWork.Listener, AutoCloseable {

	/** Entries of the menu that do what the buttons do. */
	static final String USE = "Use Labels for Movie", SAVE = "Save Labels as Model";
	private static final int USUAL_EVERY = 10;

	/** The window it works for. */
	interface Host {

		/** Labels are judged anew, and there may be more of them. */
		void judged(Judgement now);

		/** Tell one sentence. */
		void tell(String sentence);

		/** Write the label file, and then do something in the event thread. */
		void saved(Runnable then);
	}

	private final Host host;
	private final ImagePlus imp;
	private final LabelStore store;
	private final LabelList list;
	private final Map<String, Object> settings;
	private final JudgeWork work;
	private final int every;
	private final JButton again = new JButton("Judge Again"), use = new JButton("Use for This Movie"), save = new JButton(
		"Save as a Model...");
	private final JCheckBox byItself;
	private final JLabel said = new JLabel(" ");
	/** What a person had said when it was judged last. */
	private Map<Integer, Integer> known = new HashMap<>();
	private Map<Integer, Integer> asked = new HashMap<>();
	private boolean running;

	/**
	 * @param judgeEvery after so many new labels it is judged anew; 0 only when asked
	 * @param settings how the events were looked for
	 */
	JudgeBar(final Host host, final ImagePlus imp, final LabelStore store, final LabelList list, final int judgeEvery,
		final Map<String, Object> settings)
	{
		super(new BorderLayout(8, 0));
		this.host = host;
		this.imp = imp;
		this.store = store;
		this.list = list;
		every = judgeEvery > 0 ? judgeEvery : USUAL_EVERY;
		this.settings = settings;
		work = new JudgeWork(imp, settings, this);
		byItself = new JCheckBox("after " + every + " labels", judgeEvery > 0);
		final JPanel row = new JPanel();
		row.setLayout(new BoxLayout(row, BoxLayout.X_AXIS));
		add(row, again, "Learn from all labels so far, and judge by that what is reported.", () -> begin());
		byItself.setName("by itself");
		byItself.setFocusable(false);
		byItself.setToolTipText("Judge again by itself, whenever there are so many new labels.");
		row.add(byItself);
		row.add(Box.createHorizontalStrut(10));
		add(row, use, "Take what is reported now as the result of this movie: its events, ROIs and tables.", () -> whenSaved(
			this::use));
		add(row, save, "Save a model that has learned these labels, for other movies.", () -> whenSaved(this::save));
		said.setName("judged");
		add(row, BorderLayout.WEST);
		add(said, BorderLayout.CENTER);
		setBorder(BorderFactory.createEmptyBorder(0, 0, 6, 0));
	}

	private static void add(final JPanel row, final JButton button, final String help, final Runnable what) {
		button.setToolTipText(help);
		button.setFocusable(false);
		button.setMargin(new Insets(3, 8, 3, 8));
		button.addActionListener(e -> what.run());
		row.add(button);
		row.add(Box.createHorizontalStrut(4));
	}

	/** The window is open. */
	void open() {
		if (byItself.isSelected()) begin();
	}

	/** Labels changed: judge anew if enough are new. */
	void changed() {
		if (byItself.isSelected() && !running && news() >= every) begin();
	}

	/** How many labels are new, changed or gone since it was judged last. */
	private int news() {
		final Map<Integer, Integer> now = said();
		int news = 0;
		for (final Map.Entry<Integer, Integer> one : now.entrySet()) {
			if (!one.getValue().equals(known.get(one.getKey()))) news++;
		}
		for (final int id : known.keySet()) if (!now.containsKey(id)) news++;
		return news;
	}

	private Map<Integer, Integer> said() {
		final Map<Integer, Integer> now = new HashMap<>();
		for (final Label label : store.labels().present()) if (label.isLabelled()) now.put(label.id, label.said);
		return now;
	}

	/** Whether the events are of the module that can learn; if not, that is told. */
	private boolean canLearn() {
		final Object module = settings.get(LabelSources.MODULE);
		if (module != null) failed("Only events of Random Bursts can be judged anew; these are of another module (" + module +
			").");
		return module == null;
	}

	private void whenSaved(final Runnable what) {
		if (canLearn()) host.saved(what);
	}

	private void begin() {
		if (running || !canLearn()) return;
		running = true;
		asked = said();
		again.setEnabled(false);
		judging("judging...");
		work.begin(store.state());
	}

	@Override
	public void judging(final String what) {
		said.setText(what);
	}

	@Override
	public void judged(final Map<Integer, Judgement.Answer> answers, final List<Label> more, final List<String> notes) {
		ended();
		final int first = store.labels().nextId();
		store.take("judged anew", more, LabelCommand.FRAMES);
		for (final Label label : store.labels().present()) {
			if (label.id < first) continue;
			answers.put(label.id, new Judgement.Answer(0, label.score, true, 0));
		}
		final Judgement now = new Judgement(answers);
		host.judged(now);
		int reported = 0, gone = 0, fresh = 0;
		for (final Label label : store.labels().present()) {
			if (now.reports(label)) reported++;
			if (now.isGone(label)) gone++;
			if (now.isNew(label)) fresh++;
		}
		said.setText("By " + asked.size() + (asked.size() == 1 ? " label: " : " labels: ") + reported + " reported, " + gone +
			" gone, " + fresh + " new");
		said.setToolTipText(notes.isEmpty() ? null : "<html>" + String.join("<br>", notes));
		// Nobody needs to be told that nothing was labelled yet.
		if (!notes.isEmpty() && !asked.isEmpty()) host.tell(String.join(" ", notes));
		changed();
	}

	@Override
	public void failed(final String sentence) {
		ended();
		byItself.setSelected(false);
		said.setText("not judged");
		said.setToolTipText(sentence);
		host.tell(sentence);
	}

	private void ended() {
		running = false;
		known = asked;
		again.setEnabled(true);
	}

	// ------------------------------------------------------------------ the result, the model

	private void use() {
		final Map<String, Object> values = values();
		final Reply last = Results.last(imp);
		if (last != null && !last.temporary() && !last.folder().isEmpty()) {
			final int answer = JOptionPane.showConfirmDialog(this, "Put the new result in place of the last one in\n" + last
				.folder() + " ?\n'No' keeps that, and puts the new one into a temporary folder.", "IVEA result",
				JOptionPane.YES_NO_CANCEL_OPTION);
			if (answer == JOptionPane.YES_OPTION) values.put("output_folder", last.folder());
			else if (answer != JOptionPane.NO_OPTION) return;
		}
		start(USE, values, use);
	}

	private void save() {
		final Object name = JOptionPane.showInputDialog(this, "Name of the new model (letters, digits, - _ .)",
			"IVEA model", JOptionPane.PLAIN_MESSAGE, null, null, "my-model");
		if (name == null) return;
		final Map<String, Object> values = values();
		values.put("new_name", name.toString().trim());
		start(SAVE, values, save);
	}

	private Map<String, Object> values() {
		final Map<String, Object> values = new LinkedHashMap<>(settings);
		values.put("label_file", store.roiFile().toString());
		return values;
	}

	private void start(final String entry, final Map<String, Object> values, final JButton button) {
		button.setEnabled(false);
		try {
			ByButton.start(entry, imp, values, () -> EventQueue.invokeLater(() -> button.setEnabled(true)));
		}
		catch (final IOException | RuntimeException e) {
			button.setEnabled(true);
			host.tell(e.getMessage());
		}
	}

	@Override
	public void close() {
		work.close();
	}
}
