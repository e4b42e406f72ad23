package ivea.label;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** All labels of a movie, with what was done to them. */
public final class Labels {

	/** One step of the work. */
	private static final class Step {

		final String what;
		/** What stood there before; of a label that is new, the same one taken out. */
		final List<Label> before = new ArrayList<>();
		final List<Label> after;

		Step(final String what, final List<Label> after) {
			this.what = what;
			this.after = after;
		}
	}

	private final SortedMap<Integer, Label> byId = new TreeMap<>();
	private final Deque<Step> done = new ArrayDeque<>();
	private final Deque<Step> undone = new ArrayDeque<>();

	/** Every label, also those taken out, by number. */
	public Collection<Label> all() {
		return Collections.unmodifiableCollection(byId.values());
	}

	/** The labels that were not taken out, by number. */
	public List<Label> present() {
		final List<Label> found = new ArrayList<>(byId.size());
		for (final Label label : byId.values()) if (!label.deleted) found.add(label);
		return found;
	}

	/** The labels from a number on. */
	Collection<Label> since(final int id) {
		return byId.tailMap(id).values();
	}

	/** The label of a number, null if there is none. */
	public Label get(final int id) {
		return byId.get(id);
	}

	/** The number the next new label gets. */
	public int nextId() {
		return byId.isEmpty() ? 1 : byId.lastKey() + 1;
	}

	/** Put labels in place of those with the same number. This can be undone. */
	void change(final String what, final List<Label> now) {
		final Step step = new Step(what, new ArrayList<>(now));
		for (final Label label : now) {
			final Label old = byId.get(label.id);
			step.before.add(old != null ? old : label.withDeleted(true));
		}
		put(now);
		done.push(step);
		undone.clear();
	}

	/** Put labels in place without a step to undo: what came from outside. */
	void put(final Collection<Label> labels) {
		for (final Label label : labels) byId.put(label.id, label);
	}

	/** Take the last step back; return the labels as they are now, none if there was no step. */
	List<Label> undo() {
		if (done.isEmpty()) return Collections.emptyList();
		final Step step = done.pop();
		undone.push(step);
		put(step.before);
		return step.before;
	}

	/** Do again what was taken back; return the labels as they are now, none if there was nothing. */
	List<Label> redo() {
		if (undone.isEmpty()) return Collections.emptyList();
		final Step step = undone.pop();
		done.push(step);
		put(step.after);
		return step.after;
	}

	/** What {@link #undo} would take back, empty if nothing. */
	public String undoable() {
		return done.isEmpty() ? "" : done.peek().what;
	}

	/** What {@link #redo} would do again, empty if nothing. */
	public String redoable() {
		return undone.isEmpty() ? "" : undone.peek().what;
	}
}
