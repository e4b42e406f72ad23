package ivea.label;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Finds the labels of two sets that mean the same event: no farther apart than a radius and a few frames. */
final class Matching {

	/** Two labels that mean the same event; one of the two is null for an event of one set only. */
	static final class Pair {

		final Label mine, theirs;

		Pair(final Label mine, final Label theirs) {
			this.mine = mine;
			this.theirs = theirs;
		}

		private double cost(final int frames) {
			return mine.distance(theirs) / Math.max(mine.radius, 1) + Math.abs(mine.frame - theirs.frame) / (frames + 1.0);
		}
	}

	private Matching() {}

	/**
	 * Pair two sets, the nearest first; each label is used once.
	 *
	 * @param frames how many frames apart two labels of one event may be
	 * @return pairs, then what only `mine` has, then what only `theirs` has, in their order
	 */
	static List<Pair> of(final Collection<Label> mine, final Collection<Label> theirs, final int frames) {
		final NavigableMap<Integer, List<Label>> byFrame = new TreeMap<>();
		for (final Label label : mine) byFrame.computeIfAbsent(label.frame, frame -> new ArrayList<>()).add(label);
		final List<Pair> near = new ArrayList<>();
		for (final Label label : theirs) {
			for (final List<Label> some : byFrame.subMap(label.frame - frames, true, label.frame + frames, true).values()) {
				for (final Label own : some) if (own.distance(label) <= reach(own, label)) near.add(new Pair(own, label));
			}
		}
		near.sort((a, b) -> Double.compare(a.cost(frames), b.cost(frames)));
		final Set<Label> used = Collections.newSetFromMap(new IdentityHashMap<>());
		final List<Pair> pairs = new ArrayList<>();
		for (final Pair pair : near) {
			if (used.contains(pair.mine) || used.contains(pair.theirs)) continue;
			used.add(pair.mine);
			used.add(pair.theirs);
			pairs.add(pair);
		}
		for (final Label label : mine) if (!used.contains(label)) pairs.add(new Pair(label, null));
		for (final Label label : theirs) if (!used.contains(label)) pairs.add(new Pair(null, label));
		return pairs;
	}

	private static double reach(final Label one, final Label other) {
		return Math.max(1, Math.max(one.radius, other.radius));
	}
}
