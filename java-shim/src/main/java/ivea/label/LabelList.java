package ivea.label;

import java.util.ArrayList;
import java.util.List;

/** The labels that are shown, in an order that stays while they are worked on. */
public final class LabelList {

	private final Labels labels;
	private List<Integer> order = new ArrayList<>();
	private LabelOrder by = LabelOrder.NUMBER;
	private LabelFilter filter = LabelFilter.NONE;
	private Judgement judged = Judgement.NONE;
	private boolean hidesGone = true;
	/** Labels from this number on are not in the order yet. */
	private int newest = 1;
	private List<Label> shown = new ArrayList<>();

	public LabelList(final Labels labels) {
		this.labels = labels;
	}

	/** Put all labels in an order anew. */
	public void order(final LabelOrder wanted) {
		by = wanted;
		order = new ArrayList<>();
		for (final Label label : by.of(labels.all(), judged)) order.add(label.id);
		newest = labels.nextId();
		refresh();
	}

	/**
	 * Show labels as they are judged now. Where what teaches most comes first, that is put in order anew, behind the label
	 * that is looked at.
	 *
	 * @param looked number of the label that is looked at, 0 for none
	 */
	public void judge(final Judgement now, final int looked) {
		judged = now;
		if (by == LabelOrder.TEACHES_MOST) {
			order(by);
			final Label stays = labels.get(looked);
			if (stays != null && stays.said == null && order.remove((Integer) looked)) order.add(0, looked);
		}
		refresh();
	}

	/** How the labels are judged. */
	public Judgement judged() {
		return judged;
	}

	/** Whether to leave out what is no longer reported, unless it was labelled. */
	public void hideGone(final boolean hide) {
		hidesGone = hide;
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
			if (filter.shows(label, judged) && !(hidesGone && !filter.wantsGone() && judged.isGone(label))) shown.add(label);
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

	/** The label of a row as it is judged now, only to be shown. */
	public Label view(final int row) {
		return judged.view(get(row));
	}

	/** The row of a label, -1 if it is not shown. */
	public int row(final int id) {
		for (int row = 0; row < shown.size(); row++) if (shown.get(row).id == id) return row;
		return -1;
	}
}
