package ivea.label;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Which labels are shown. */
public final class LabelFilter {

	/** Which by their class. */
	public enum Kind {
		ALL, UNLABELLED, LABELLED, EVENTS, ARTEFACTS, REPORTED, GONE, CHANGED, CLASS
	}

	/** Shows everything. */
	public static final LabelFilter NONE = new LabelFilter(Kind.ALL, 0, 0);

	private final Kind kind;
	private final int classId;
	private final double leastScore;

	/**
	 * @param classId the class, if `kind` is {@link Kind#CLASS}
	 * @param leastScore smallest probability; labels without one are shown always
	 */
	public LabelFilter(final Kind kind, final int classId, final double leastScore) {
		this.kind = kind;
		this.classId = classId;
		this.leastScore = leastScore;
	}

	/** Whether it is just what is no longer reported that is wanted. */
	boolean wantsGone() {
		return kind == Kind.GONE;
	}

	/** Whether a label is shown, as it is judged. */
	public boolean shows(final Label label, final Judgement judged) {
		final Label now = judged.view(label);
		return !label.deleted && fits(label, now, judged) && !(now.score < leastScore);
	}

	private boolean fits(final Label first, final Label label, final Judgement judged) {
		final Integer is = label.classId();
		switch (kind) {
			case REPORTED:
				return judged.reports(first);
			case GONE:
				return judged.isGone(first);
			case UNLABELLED:
				return label.said == null;
			case LABELLED:
				return label.said != null;
			case EVENTS:
				return is != null && is >= 0;
			case ARTEFACTS:
				return is != null && is < 0;
			case CHANGED:
				return label.said != null && label.proposed != null && !label.said.equals(label.proposed);
			case CLASS:
				return is != null && is == classId;
			default:
				return true;
		}
	}

	/** The labels that are shown, in their order. */
	public List<Label> of(final Collection<Label> labels) {
		final List<Label> shown = new ArrayList<>();
		for (final Label label : labels) if (shows(label, Judgement.NONE)) shown.add(label);
		return shown;
	}
}
