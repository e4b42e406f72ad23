package ivea.label;

import java.util.ArrayList;
import java.util.List;

/** The labels that are shown, in an order that stays while they are worked on. */
public final class LabelList {

	private final Labels labels;
	private List<Integer> order = new ArrayList<>();
	private LabelFilter filter = LabelFilter.NONE;
	/** Labels from this number on are not in the order yet. */
	private int newest = 1;
	private List<Label> shown = new ArrayList<>();

	public LabelList(final Labels labels) {
		this.labels = labels;
	}

	/** Put all labels in an order anew. */
	public void order(final LabelOrder by) {
		order = new ArrayList<>();
		for (final Label label : by.of(labels.all())) order.add(label.id);
		newest = labels.nextId();
		refresh();
	}

	/** Show other labels. */
	public void filter(final LabelFilter by) {
		filter = by;
		refresh();
	}

	/** Take in what changed; labels that are new come last. */
	public void refresh() {
		for (final Label label : labels.since(newest)) order.add(label.id);
		newest = labels.nextId();
		shown = new ArrayList<>();
		for (final int id : order) {
			final Label label = labels.get(id);
			if (filter.shows(label)) shown.add(label);
		}
	}

	/** How many are shown. */
	public int size() {
		return shown.size();
	}

	/** The label of a row, from 0. */
	public Label get(final int row) {
		return shown.get(row);
	}

	/** The row of a label, -1 if it is not shown. */
	public int row(final int id) {
		for (int row = 0; row < shown.size(); row++) if (shown.get(row).id == id) return row;
		return -1;
	}
}
