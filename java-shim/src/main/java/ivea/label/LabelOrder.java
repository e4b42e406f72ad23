package ivea.label;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** In which order labels are gone through. */
public enum LabelOrder {
	/** What would teach most by what was learned so far; as long as nothing was, what the network is least sure of. */
	TEACHES_MOST("teaches most first"),
	/** What a network would learn most from comes first. */
	MOST_INFORMATIVE("most informative first"),
	/** As in the movie. */
	TIME("in time"),
	/** The surest events first. */
	SCORE("most probable first"),
	/** As they came. */
	NUMBER("by number");

	/** Frames within which labels of one place say nearly the same. */
	private static final int SAME_FRAMES = 10;

	private static final int NO_CLASS = Integer.MIN_VALUE;

	private final String title;

	LabelOrder(final String title) {
		this.title = title;
	}

	@Override
	public String toString() {
		return title;
	}

	/** Put labels in this order, as long as nothing was judged. */
	public List<Label> of(final Collection<Label> labels) {
		return of(labels, Judgement.NONE);
	}

	/** Put labels in this order, as they are judged. */
	public List<Label> of(final Collection<Label> labels, final Judgement judged) {
		final List<Label> sorted = new ArrayList<>();
		for (final Label label : labels) sorted.add(judged.view(label));
		switch (this) {
			case TEACHES_MOST:
				final List<Label> order = mostInformative(sorted);
				// Sorting keeps the order of equals: what is in no row stays behind as it was, and labelled ones last.
				order.sort(Comparator.comparingInt(label -> label.said != null ? Integer.MAX_VALUE : judged.rank(label)));
				return order;
			case MOST_INFORMATIVE:
				return mostInformative(sorted);
			case TIME:
				sorted.sort(Comparator.comparingInt(label -> label.frame));
				return sorted;
			case SCORE:
				sorted.sort(Comparator.comparingDouble(label -> Double.isNaN(label.score) ? 1 : -label.score));
				return sorted;
			default:
				sorted.sort(Comparator.comparingInt(label -> label.id));
				return sorted;
		}
	}

	/** How far a network is from having made up its mind: 1 if it has not at all, 0 if it is sure. */
	public static double uncertainty(final Label label) {
		return Double.isNaN(label.score) ? 1 : 1 - Math.abs(2 * label.score - 1);
	}

	/**
	 * Unlabelled before labelled ones; among these the most uncertain first, by turns from each class that the network
	 * proposes, so that the first few hold some of every kind; repeats at one place come after all other ones.
	 */
	private static List<Label> mostInformative(final List<Label> labels) {
		labels.sort(Comparator.comparingDouble(label -> -uncertainty(label)));
		final List<Label> order = new ArrayList<>(labels.size()), repeats = new ArrayList<>(), labelled = new ArrayList<>();
		final Map<Integer, Deque<Label>> byClass = new TreeMap<>(Comparator.comparingInt(LabelOrder::rank));
		final Places places = new Places();
		for (final Label label : labels) {
			if (label.said != null) labelled.add(label);
			else if (places.isNew(label)) {
				final int kind = label.proposed == null ? NO_CLASS : label.proposed;
				byClass.computeIfAbsent(kind, k -> new ArrayDeque<>()).add(label);
			}
			else repeats.add(label);
		}
		while (!byClass.isEmpty()) {
			byClass.values().removeIf(some -> {
				order.add(some.remove());
				return some.isEmpty();
			});
		}
		order.addAll(repeats);
		order.addAll(labelled);
		return order;
	}

	/** Kinds of fusion, then artefacts -1, -2, ..., then what has no class. */
	private static int rank(final int classId) {
		return classId >= 0 ? classId : classId == NO_CLASS ? Integer.MAX_VALUE : 1_000_000 - classId;
	}

	/** Places of a movie where something was seen already. */
	private static final class Places {

		private final Map<Long, List<Label>> cells = new HashMap<>();

		/** Whether nothing was near; the label counts from now on. */
		boolean isNew(final Label label) {
			final double size = Math.max(1, 2 * label.radius);
			final long row = (long) Math.floor(label.y / size), column = (long) Math.floor(label.x / size);
			for (long r = row - 1; r <= row + 1; r++) {
				for (long c = column - 1; c <= column + 1; c++) {
					for (final Label other : cells.getOrDefault(r << 32 ^ c & 0xffffffffL, Collections.emptyList())) {
						if (Math.abs(other.frame - label.frame) <= SAME_FRAMES && other.distance(label) <= label.radius) return false;
					}
				}
			}
			cells.computeIfAbsent(row << 32 ^ column & 0xffffffffL, k -> new ArrayList<>()).add(label);
			return true;
		}
	}
}
