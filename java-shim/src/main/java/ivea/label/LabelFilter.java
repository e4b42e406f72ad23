package ivea.label;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Which labels are shown. */
public final class LabelFilter {

	/** Which by their class. */
	public enum Kind {
		ALL, UNLABELLED, LABELLED, EVENTS, ARTEFACTS, CHANGED, CLASS
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

	/** Whether a label is shown. */
	public boolean shows(final Label label) {
		return !label.deleted && fits(label) && !(label.score < leastScore);
	}

	private boolean fits(final Label label) {
		final Integer is = label.classId();
		switch (kind) {
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
		for (final Label label : labels) if (shows(label)) shown.add(label);
		return shown;
	}
}
