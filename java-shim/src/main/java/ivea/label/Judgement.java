package ivea.label;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * What is said of the labels by what was labelled so far. It stands beside the labels and not in them: they keep what
 * the network said at first, and all of this can be worked out again. It never changes: a new one takes its place.
 */
public final class Judgement {

	/** Nothing was judged yet. */
	public static final Judgement NONE = new Judgement(Collections.emptyMap());

	/** What is said of one label. */
	public static final class Answer {

		/** The class it is taken for. */
		public final int classId;
		/** Probability of being an event. */
		public final double score;
		/** Whether it is reported. */
		public final boolean reported;
		/** Which one it is among those that would teach most, from 1; 0 if it is none of them. */
		public final int rank;

		public Answer(final int classId, final double score, final boolean reported, final int rank) {
			this.classId = classId;
			this.score = score;
			this.reported = reported;
			this.rank = rank;
		}
	}

	private final Map<Integer, Answer> answers;

	/** @param answers by the number of the label */
	public Judgement(final Map<Integer, Answer> answers) {
		this.answers = new HashMap<>(answers);
	}

	/** Whether anything was judged. */
	public boolean isThere() {
		return !answers.isEmpty();
	}

	/** What is said of a label, null if nothing is. */
	public Answer of(final Label label) {
		return answers.get(label.id);
	}

	/** The label with what is said of it now in place of what the network said at first; only to be shown. */
	public Label view(final Label label) {
		final Answer answer = of(label);
		return answer == null ? label : label.withProposal(answer.classId, answer.score);
	}

	/** Whether a label is reported: as a person said, else as is judged now, else as at first. */
	public boolean reports(final Label label) {
		if (label.said != null) return label.said >= 0;
		final Answer answer = of(label);
		return answer == null ? isReportedAtFirst(label) : answer.reported;
	}

	/** Whether a label was reported at first and is no longer, though nobody labelled it. */
	public boolean isGone(final Label label) {
		return label.said == null && isReportedAtFirst(label) && !reports(label);
	}

	/** Whether a label is reported that was not at first. */
	public boolean isNew(final Label label) {
		return label.said == null && !isReportedAtFirst(label) && reports(label);
	}

	/** What results bring along as an event was reported; a candidate in doubt has no class. */
	private static boolean isReportedAtFirst(final Label label) {
		return label.proposed != null && label.proposed >= 0;
	}

	/** How far down a label stands among those that would teach most; those that do not come last. */
	int rank(final Label label) {
		final Answer answer = of(label);
		return answer == null || answer.rank == 0 ? Integer.MAX_VALUE : answer.rank;
	}
}
