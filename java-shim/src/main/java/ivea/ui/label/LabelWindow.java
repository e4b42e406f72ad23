package ivea.ui.label;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ivea.label.Judgement;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.LabelList;
import ivea.label.LabelOrder;
import ivea.label.LabelStore;
import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Insets;
import java.awt.Rectangle;
import java.awt.event.ActionListener;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.swing.AbstractButton;
import javax.swing.BorderFactory;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JToggleButton;

/** The window in which events are looked at one by one and get their class. */
final class LabelWindow extends JFrame implements LabelActions.Host, MovieView.Listener, JudgeBar.Host {

	private static final Color FINE = new Color(0x2E7D32), BAD = new Color(0xB3261E);
	static final double USUAL_RADIUS = 3;

	private final LabelStore store;
	private final LabelClasses classes;
	private final LabelList list;
	private final LabelTable table;
	private final MovieView movie;
	private final EventPixels pixels;
	private final Autosave autosave;
	private final LabelActions actions;
	private final LabelKeys keys;
	private final TraceView trace = new TraceView();
	private final EventView event = new EventView(trace::cursor);
	private final FilterBar filters;
	private final ClassBar classBar;
	private final JudgeBar judging;
	private final JCheckBox advance = new JCheckBox("Go on after a class", true);
	private final JToggleButton adding = new JToggleButton("Add Event [N]");
	private final JLabel said = new JLabel(" "), saved = new JLabel(" "), progress = new JLabel(" ");
	private boolean closed;

	/**
	 * @param store the labels, which the window closes at its end
	 * @param order the order at first
	 * @param judgeEvery after so many new labels what is reported is judged anew; 0 only when asked
	 * @param settings how the events were looked for
	 */
	LabelWindow(final ImagePlus imp, final LabelStore store, final LabelClasses classes, final LabelOrder order,
		final int judgeEvery, final Map<String, Object> settings)
	{
		super("Label " + imp.getTitle());
		this.store = store;
		this.classes = classes;
		list = new LabelList(store.labels());
		list.order(order);
		table = new LabelTable(list, classes);
		movie = new MovieView(imp, classes, this);
		pixels = new EventPixels(imp);
		autosave = new Autosave(store, classes, imp, this::showSaved);
		actions = new LabelActions(this, store, list, classes, table, movie);
		filters = new FilterBar(classes, order, filter -> rearrange(() -> list.filter(filter), true), by -> rearrange(
			() -> list.order(by), false), hide -> rearrange(() -> list.hideGone(hide), true));
		judging = new JudgeBar(this, imp, store, list, judgeEvery, settings);
		classBar = new ClassBar(classes, actions::say);
		build();
		setJMenuBar(LabelMenu.of(this, actions, store, classes, list, imp));
		keys = new LabelKeys(this, actions);
		table.getSelectionModel().addListSelectionListener(e -> {
			if (!e.getValueIsAdjusting() && !table.isRefreshing()) showChosen();
		});
		addWindowListener(new WindowAdapter() {

			@Override
			public void windowClosing(final WindowEvent e) {
				end("");
			}
		});
		setDefaultCloseOperation(DO_NOTHING_ON_CLOSE);
	}

	private void build() {
		final JPanel left = new JPanel(new BorderLayout());
		left.add(filters, BorderLayout.NORTH);
		final JScrollPane rows = new JScrollPane(table);
		rows.setPreferredSize(new Dimension(520, 420));
		left.add(rows, BorderLayout.CENTER);
		final JPanel right = new JPanel(new BorderLayout(0, 6));
		right.add(event, BorderLayout.CENTER);
		right.add(trace, BorderLayout.SOUTH);
		final JPanel middle = new JPanel(new BorderLayout(8, 0));
		middle.add(left, BorderLayout.WEST);
		middle.add(right, BorderLayout.CENTER);
		final JPanel below = new JPanel();
		below.setLayout(new BoxLayout(below, BoxLayout.Y_AXIS));
		below.add(classBar);
		below.add(buttons());
		below.add(judging);
		below.add(status());
		final JPanel all = new JPanel(new BorderLayout(0, 8));
		all.setBorder(BorderFactory.createEmptyBorder(8, 8, 6, 8));
		all.add(middle, BorderLayout.CENTER);
		all.add(below, BorderLayout.SOUTH);
		plain(all);
		setContentPane(all);
	}

	/** Bold is for what was said. */
	private static void plain(final Container container) {
		for (final Component part : container.getComponents()) {
			if (part.getFont() != null) part.setFont(part.getFont().deriveFont(Font.PLAIN));
			if (part instanceof Container) plain((Container) part);
		}
	}

	private JPanel buttons() {
		final JPanel row = new JPanel();
		row.setLayout(new BoxLayout(row, BoxLayout.X_AXIS));
		row.setBorder(BorderFactory.createEmptyBorder(6, 0, 6, 0));
		adding.addActionListener(e -> wantClick(adding.isSelected()));
		advance.setToolTipText("After a class was given, show the next event of the list.");
		add(row, new JButton("Accept [Space]"), "Agree with the network's class.", e -> actions.accept());
		add(row, new JButton("Reject [X]"), "Call it an artefact: of the kind the network sees, else of the first kind.",
			e -> actions.reject());
		add(row, new JButton("Delete [F11]"), "Take it out of the list.", e -> actions.delete());
		add(row, adding, "Click in the movie, at the frame and place of an event that is missing.", e -> {});
		add(row, new JButton("Undo"), "Take the last step back (Ctrl+Z).", e -> actions.undo());
		add(row, new JButton("Redo"), "Do again what was taken back (Ctrl+Y).", e -> actions.redo());
		advance.setFocusable(false);
		row.add(Box.createHorizontalGlue());
		row.add(advance);
		return row;
	}

	private static void add(final JPanel row, final AbstractButton button, final String help, final ActionListener work) {
		button.setToolTipText(help);
		button.setFocusable(false);
		button.setMargin(new Insets(3, 8, 3, 8));
		button.addActionListener(work);
		row.add(button);
		row.add(Box.createHorizontalStrut(4));
	}

	private JPanel status() {
		final JPanel row = new JPanel(new BorderLayout(12, 0));
		final JPanel ends = new JPanel(new BorderLayout(12, 0));
		progress.setName("progress");
		saved.setName("saved");
		said.setName("said");
		ends.add(progress, BorderLayout.WEST);
		ends.add(saved, BorderLayout.EAST);
		row.add(said, BorderLayout.CENTER);
		row.add(ends, BorderLayout.EAST);
		return row;
	}

	/** Show the window with its first event. */
	void open() {
		pack();
		place();
		WindowManager.addWindow(this);
		changed(Collections.singletonList(0));
		event.run(true);
		setVisible(true);
		table.requestFocusInWindow();
		judging.open();
	}

	/** Beside ImageJ's bar and, where there is room, beside the movie. */
	private void place() {
		final Rectangle screen = getGraphicsConfiguration().getBounds();
		setSize(Math.min(getWidth(), screen.width), Math.min(getHeight(), screen.height - 40));
		setLocation(Math.max(screen.x, screen.x + screen.width - getWidth() - 10), screen.y + Math.max(0, Math.min(60,
			screen.height - getHeight())));
	}

	// ------------------------------------------------------------------ what is shown

	private void rearrange(final Runnable work, final boolean stay) {
		final List<Label> chosen = table.chosen();
		work.run();
		final int row = stay && !chosen.isEmpty() ? list.row(chosen.get(0).id) : 0;
		changedRows(Collections.singletonList(Math.max(row, 0)));
	}

	@Override
	public void changed(final List<Integer> rows) {
		changedRows(rows);
		final List<Label> present = store.labels().present();
		classBar.refresh(present);
		filters.refresh();
		final long labelled = present.stream().filter(Label::isLabelled).count();
		progress.setText(labelled + " of " + present.size() + " labelled");
		if (store.isDirty()) autosave.changed();
		if (!store.trouble().isEmpty()) showSaved(store.trouble());
		else if (store.isDirty()) saved.setText("saving...");
		judging.changed();
	}

	@Override
	public void judged(final Judgement now) {
		final List<Label> chosen = table.chosen();
		final Label looked = chosen.isEmpty() ? null : chosen.get(0);
		final int row = table.getSelectedRow();
		list.judge(now, looked == null ? 0 : looked.id);
		final int at = looked == null ? -1 : list.row(looked.id);
		changed(Collections.singletonList(Math.max(0, at < 0 ? row : at)));
	}

	@Override
	public void saved(final Runnable then) {
		if (store.labels().present().stream().noneMatch(Label::isLabelled)) tell("Label some events first.");
		else autosave.flush(then);
	}

	private void changedRows(final List<Integer> rows) {
		table.refresh(rows);
		filters.count(list.size(), store.labels().present().size());
		showChosen();
	}

	private void showChosen() {
		final List<Label> chosen = table.chosen();
		final Label label = chosen.isEmpty() ? null : chosen.get(0);
		event.await(label);
		trace.await(label);
		said.setText(" ");
		if (label == null) return;
		final int row = table.getSelectedRow();
		final Label next = row + 1 < list.size() ? list.get(row + 1) : null;
		movie.show(label);
		pixels.read(label, next, event::show, trace::show, fault -> tell("The movie cannot be read at this event (" + fault +
			"); is its file still there?"));
	}

	/** Labels came from elsewhere. */
	void taken() {
		list.refresh();
		changed(Collections.singletonList(Math.max(0, table.getSelectedRow())));
	}

	@Override
	public void tell(final String sentence) {
		said.setText(sentence);
		said.setToolTipText(sentence);
	}

	private void showSaved(final String sentence) {
		final boolean fine = !sentence.contains("cannot be");
		saved.setForeground(fine ? FINE : BAD);
		saved.setText(fine ? sentence : "NOT SAVED");
		if (!fine) tell(sentence);
	}

	@Override
	public boolean advances() {
		return advance.isSelected();
	}

	@Override
	public void togglePlayer() {
		event.run(!event.runs());
	}

	// ------------------------------------------------------------------ adding by click

	@Override
	public void toggleAdding() {
		adding.setSelected(!adding.isSelected());
		wantClick(adding.isSelected());
	}

	private void wantClick(final boolean wanted) {
		movie.wantClick(wanted);
		tell(wanted ? "Click in the movie where and when an event is missing; Shift with the arrows changes the frame." : " ");
	}

	@Override
	public void clicked(final int frame, final double y, final double x) {
		adding.setSelected(false);
		movie.wantClick(false);
		final List<Label> present = store.labels().present();
		actions.add(frame, y, x, present.isEmpty() ? USUAL_RADIUS : present.get(0).radius);
		toFront();
		table.requestFocusInWindow();
	}

	// ------------------------------------------------------------------ the end

	@Override
	public void closed() {
		end("The movie was closed; its labels are saved. Open it and start again to go on.");
	}

	/** Save and close. */
	void end(final String sentence) {
		if (closed) return;
		closed = true;
		event.run(false);
		keys.close();
		judging.close();
		pixels.close();
		movie.close();
		setVisible(false);
		autosave.close(() -> {
			WindowManager.removeWindow(this);
			dispose();
			IJ.showStatus("IVEA: " + (sentence.isEmpty() ? saved.getText() : sentence));
		});
	}
}
