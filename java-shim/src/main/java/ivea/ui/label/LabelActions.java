package ivea.ui.label;

import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.LabelList;
import ivea.label.LabelStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.swing.JOptionPane;
import javax.swing.SwingUtilities;

/** What keys and buttons do with the chosen labels. */
final class LabelActions {

	private static final char ACCEPT = ' ', REJECT = 'x', ADD = 'n', PAUSE = 'p';
	private static final int MOST_DIGITS = 4;

	/** The window they work for. */
	interface Host {

		/** Something was changed or undone; these rows should be chosen now. */
		void changed(List<Integer> rows);

		/** Tell one sentence. */
		void tell(String sentence);

		/** Whether one event after the other is shown by itself. */
		boolean advances();

		/** Let the next click in the movie add an event, or no longer. */
		void toggleAdding();

		/** Let the little movie run, or stop it. */
		void togglePlayer();
	}

	private final Host host;
	private final LabelStore store;
	private final LabelList list;
	private final LabelClasses classes;
	private final LabelTable table;
	private final MovieView movie;

	LabelActions(final Host host, final LabelStore store, final LabelList list, final LabelClasses classes,
		final LabelTable table, final MovieView movie)
	{
		this.host = host;
		this.store = store;
		this.list = list;
		this.classes = classes;
		this.table = table;
		this.movie = movie;
	}

	/** Do what a typed character stands for; return whether it stands for something. */
	boolean typed(final char key) {
		final char low = Character.toLowerCase(key);
		final Integer classId = classes.ofKey(key);
		if (classId != null) say(classId);
		else if (low == ACCEPT) accept();
		else if (low == REJECT) reject();
		else if (low == ADD) host.toggleAdding();
		else if (low == PAUSE) host.togglePlayer();
		else return false;
		return true;
	}

	/** Choose another event, some rows on or back. */
	void move(final int rows) {
		table.choose(Math.max(table.getSelectedRow(), 0) + rows);
	}

	/** Choose one event more, or one less. */
	void extend(final int rows) {
		table.extend(rows);
	}

	/** Show other frames of the movie. */
	void stepFrame(final int frames) {
		movie.step(frames);
	}

	/** Give the chosen events a class. */
	void say(final int classId) {
		change("class " + classId, label -> label.withSaid(classId));
	}

	/** Agree with the network. */
	void accept() {
		final List<Label> chosen = table.chosen();
		if (chosen.stream().allMatch(label -> now(label).classId() == null)) {
			host.tell(chosen.isEmpty() ? "Choose an event first." : "The network proposes no class here; press the key of one.");
			return;
		}
		change("accept", label -> now(label).classId() == null ? label : label.withSaid(now(label).classId()));
	}

	/** Call the chosen events artefacts: of the kind the network sees, else of the first kind there is. */
	void reject() {
		final int first = classes.ids().stream().filter(id -> id < 0).findFirst().orElse(-1);
		classes.add(first, "");
		change("reject", label -> {
			final Integer proposed = now(label).proposed;
			return label.withSaid(proposed != null && proposed < 0 ? proposed : first);
		});
	}

	/** A label with what is said of it now. */
	private Label now(final Label label) {
		return list.judged().view(label);
	}

	/** Take the chosen events out. */
	void delete() {
		final List<Label> gone = new ArrayList<>();
		for (final Label label : table.chosen()) gone.add(label.withDeleted(true));
		final int row = table.getSelectedRow();
		apply(gone.size() == 1 ? "delete event " + gone.get(0).id : "delete " + gone.size() + " events", gone, Collections
			.singletonList(row));
	}

	/** Take away what was said of the chosen events. */
	void clear() {
		change("take the class back", label -> label.withSaid(null));
	}

	/** Ask for a class by its number, as the original program does. */
	void askClass() {
		final List<Label> chosen = table.chosen();
		if (chosen.isEmpty()) return;
		final Integer now = chosen.get(0).classId();
		final Object text = JOptionPane.showInputDialog(SwingUtilities.getWindowAncestor(table),
			"Class label (integer; negative for artefacts)", "IVEA label", JOptionPane.PLAIN_MESSAGE, null, null, now == null
				? "" : now.toString());
		if (text == null) return;
		if (!text.toString().trim().matches("[-+]?\\d{1," + MOST_DIGITS + "}")) {
			host.tell("A class is a whole number, such as 0 or -1, not '" + text + "'.");
			return;
		}
		final int classId = Integer.parseInt(text.toString().trim());
		if (classId == LabelClasses.UNDECIDED) {
			host.tell("-99 means that an event has no class; use Labels > Take Class Back for that.");
			return;
		}
		classes.add(classId, "");
		say(classId);
	}

	/** Add an event where the movie was clicked. */
	void add(final int frame, final double y, final double x, final double radius) {
		final Label added = Label.at(frame, y, x, radius).withId(store.labels().nextId());
		store.change("add event " + added.id, Collections.singletonList(added));
		list.refresh();
		host.changed(Collections.singletonList(Math.max(list.row(added.id), 0)));
		host.tell("Event " + added.id + " was added at frame " + frame + "; press the key of its class.");
	}

	void undo() {
		final String what = store.labels().undoable();
		back(store.undo(), what.isEmpty() ? "There is nothing to undo." : "Undone: " + what + ".");
	}

	void redo() {
		final String what = store.labels().redoable();
		back(store.redo(), what.isEmpty() ? "There is nothing to do again." : "Done again: " + what + ".");
	}

	private void back(final List<Label> now, final String sentence) {
		list.refresh();
		final List<Integer> rows = new ArrayList<>();
		for (final Label label : now) if (list.row(label.id) >= 0) rows.add(list.row(label.id));
		if (rows.isEmpty()) rows.add(table.getSelectedRow());
		host.changed(rows);
		host.tell(sentence);
	}

	private void change(final String what, final UnaryOperator<Label> change) {
		final List<Label> chosen = table.chosen(), now = new ArrayList<>();
		for (final Label label : chosen) {
			final Label next = change.apply(label);
			if (!next.equals(label)) now.add(next);
		}
		if (chosen.size() != 1) {
			final List<Integer> rows = new ArrayList<>();
			for (final int row : table.getSelectedRows()) rows.add(row);
			apply(what + " for " + now.size() + " events", now, rows);
			return;
		}
		final int row = table.getSelectedRow();
		final int id = chosen.get(0).id;
		apply(what + " for event " + id, now, null);
		// Where the filter hides what is done, the next one has moved up by itself.
		final boolean still = row < list.size() && list.get(row).id == id;
		host.changed(Arrays.asList(still && host.advances() ? row + 1 : row));
	}

	private void apply(final String what, final List<Label> now, final List<Integer> rows) {
		store.change(what, now);
		list.refresh();
		if (rows != null) host.changed(rows);
	}
}
