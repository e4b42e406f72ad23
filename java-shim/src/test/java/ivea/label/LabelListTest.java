package ivea.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ivea.engine.EngineException;
import ivea.label.LabelFilter.Kind;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which labels are shown, in which order, and how the classes are called. */
class LabelListTest {

	private static Label label(final int id, final int frame, final Integer proposed, final double score) {
		return Label.at(frame, 10 * id, 5, 3).withProposal(proposed, score).withId(id);
	}

	private static List<Integer> ids(final Collection<Label> labels) {
		return labels.stream().map(label -> label.id).collect(Collectors.toList());
	}

	private static List<Integer> shown(final LabelList list) {
		final List<Integer> ids = new ArrayList<>();
		for (int row = 0; row < list.size(); row++) ids.add(list.get(row).id);
		return ids;
	}

	@Test
	void theUncertainComeFirstByTurnsFromEveryClass() {
		final List<Label> labels = Arrays.asList(label(1, 5, 0, 0.99), label(2, 9, 0, 0.52), label(3, 2, 0, 0.45), label(4, 8,
			2, 0.9), label(5, 7, -1, 0.3), label(6, 6, -1, 0.01), label(7, 3, null, Double.NaN), label(8, 1, 0, 0.5).withSaid(
				0));
		final List<Integer> order = ids(LabelOrder.MOST_INFORMATIVE.of(labels));
		// 0.52 before 0.45; classes 0, 2, -1, none by turns; labelled last.
		assertEquals(Arrays.asList(2, 4, 5, 7, 3, 6, 1, 8), order);
		assertEquals(Arrays.asList(8, 3, 7, 1, 6, 5, 4, 2), ids(LabelOrder.TIME.of(labels)));
		assertEquals(Arrays.asList(1, 4, 2, 8, 3, 5, 6, 7), ids(LabelOrder.SCORE.of(labels)));
	}

	private static Judgement judged(final Object... cells) {
		final Map<Integer, Judgement.Answer> answers = new HashMap<>();
		for (int i = 0; i < cells.length; i += 4) {
			answers.put((Integer) cells[i], new Judgement.Answer((Boolean) cells[i + 2] ? 0 : -1, (Double) cells[i + 1],
				(Boolean) cells[i + 2], (Integer) cells[i + 3]));
		}
		return new Judgement(answers);
	}

	@Test
	void whatTeachesMostComesFirstBehindWhatIsLookedAt() {
		final Labels labels = new Labels();
		labels.put(Arrays.asList(label(1, 5, 0, 0.9), label(2, 6, 0, 0.5), label(3, 7, -1, 0.2), label(4, 8, 0, 0.8), label(5,
			9, 0, 0.7).withSaid(0)));
		final LabelList list = new LabelList(labels);
		list.order(LabelOrder.TEACHES_MOST);
		// Nothing was judged: as the network is least sure.
		assertEquals(ids(LabelOrder.MOST_INFORMATIVE.of(labels.all())), shown(list));
		list.judge(judged(1, 0.9, true, 3, 2, 0.6, true, 2, 3, 0.4, false, 1, 4, 0.9, true, 0, 5, 0.9, true, 0), 4);
		assertEquals(Arrays.asList(4, 3, 2, 1, 5), shown(list));
		list.judge(list.judged(), 5);
		assertEquals(Arrays.asList(3, 2, 1, 4, 5), shown(list), "a labelled one does not stay in front");
		list.order(LabelOrder.TIME);
		list.judge(list.judged(), 5);
		assertEquals(Arrays.asList(1, 2, 3, 4, 5), shown(list), "other orders stay");
		assertEquals(0.6, list.view(1).score);
		assertEquals(0.5, list.get(1).score, "the label itself keeps what the network said");
	}

	@Test
	void whatIsNoLongerReportedIsHiddenUnlessItWasLabelled() {
		final Labels labels = new Labels();
		labels.put(Arrays.asList(label(1, 5, 0, 0.9), label(2, 6, 0, 0.5), label(3, 7, null, 0.2), label(4, 8, 0, 0.8)
			.withSaid(-1), label(5, 9, -1, 0.1)));
		final LabelList list = new LabelList(labels);
		list.order(LabelOrder.NUMBER);
		final Judgement now = judged(1, 0.9, true, 0, 2, 0.1, false, 0, 3, 0.8, true, 0, 4, 0.1, false, 0, 5, 0.1, false, 0);
		list.judge(now, 0);
		assertEquals(Arrays.asList(1, 3, 4, 5), shown(list));
		assertTrue(now.isGone(labels.get(2)) && now.isNew(labels.get(3)) && !now.isGone(labels.get(4)));
		list.hideGone(false);
		assertEquals(Arrays.asList(1, 2, 3, 4, 5), shown(list));
		list.hideGone(true);
		list.filter(new LabelFilter(Kind.GONE, 0, 0));
		assertEquals(Collections.singletonList(2), shown(list), "asked for, they are shown");
		list.filter(new LabelFilter(Kind.REPORTED, 0, 0));
		assertEquals(Arrays.asList(1, 3), shown(list));
		list.filter(new LabelFilter(Kind.ALL, 0, 0.5));
		assertEquals(Arrays.asList(1, 3), shown(list), "the probability is that of now");
	}

	@Test
	void repeatsAtOnePlaceComeAfterAllOthers() {
		final Label one = Label.at(10, 20, 20, 3).withProposal(0, 0.5).withId(1);
		final Label repeat = Label.at(12, 21, 20, 3).withProposal(0, 0.51).withId(2);
		final Label later = Label.at(40, 21, 20, 3).withProposal(0, 0.9).withId(3);
		assertEquals(Arrays.asList(1, 3, 2), ids(LabelOrder.MOST_INFORMATIVE.of(Arrays.asList(later, repeat, one))));
	}

	@Test
	void filtersShowWhatTheySay() {
		final List<Label> labels = Arrays.asList(label(1, 5, 0, 0.9).withSaid(0), label(2, 5, 0, 0.8).withSaid(-2), label(3, 5,
			-1, 0.2), label(4, 5, null, Double.NaN), label(5, 5, 1, 0.7).withDeleted(true));
		assertEquals(Arrays.asList(1, 2, 3, 4), ids(LabelFilter.NONE.of(labels)));
		assertEquals(Arrays.asList(3, 4), ids(new LabelFilter(Kind.UNLABELLED, 0, 0).of(labels)));
		assertEquals(Arrays.asList(1, 2), ids(new LabelFilter(Kind.LABELLED, 0, 0).of(labels)));
		assertEquals(Collections.singletonList(1), ids(new LabelFilter(Kind.EVENTS, 0, 0).of(labels)));
		assertEquals(Arrays.asList(2, 3), ids(new LabelFilter(Kind.ARTEFACTS, 0, 0).of(labels)));
		assertEquals(Collections.singletonList(2), ids(new LabelFilter(Kind.CHANGED, 0, 0).of(labels)));
		assertEquals(Collections.singletonList(2), ids(new LabelFilter(Kind.CLASS, -2, 0).of(labels)));
		// What has no probability is never hidden by it.
		assertEquals(Arrays.asList(1, 2, 4), ids(new LabelFilter(Kind.ALL, 0, 0.5).of(labels)));
	}

	@Test
	void theOrderStaysWhileLabelsChange() {
		final Labels labels = new Labels();
		labels.put(Arrays.asList(label(1, 30, 0, 0.9), label(2, 20, 0, 0.5), label(3, 10, 0, 0.6)));
		final LabelList list = new LabelList(labels);
		list.order(LabelOrder.MOST_INFORMATIVE);
		assertEquals(Arrays.asList(2, 3, 1), shown(list));
		labels.change("class", Collections.singletonList(labels.get(2).withSaid(0)));
		labels.change("add", Collections.singletonList(label(4, 1, null, Double.NaN)));
		list.refresh();
		assertEquals(Arrays.asList(2, 3, 1, 4), shown(list));
		list.filter(new LabelFilter(Kind.UNLABELLED, 0, 0));
		assertEquals(Arrays.asList(3, 1, 4), shown(list));
		assertEquals(1, list.row(1));
		assertEquals(-1, list.row(2));
		labels.undo();
		labels.undo();
		list.refresh();
		assertEquals(Arrays.asList(2, 3, 1), shown(list));
	}

	@Test
	void tenThousandAreNoBurden() {
		final Labels labels = new Labels();
		final List<Label> many = new ArrayList<>();
		for (int i = 1; i <= 10_000; i++) {
			many.add(Label.at(1 + i % 1000, i * 7 % 500, i * 13 % 500, 3).withProposal(i % 5 - 2, i % 101 / 100.0).withId(i));
		}
		labels.put(many);
		final LabelList list = new LabelList(labels);
		// Time of the processor, since others may work on this machine too.
		final ThreadMXBean clock = ManagementFactory.getThreadMXBean();
		final long start = clock.getCurrentThreadCpuTime();
		list.order(LabelOrder.MOST_INFORMATIVE);
		final long ordered = clock.getCurrentThreadCpuTime();
		for (int i = 0; i < 100; i++) list.filter(new LabelFilter(Kind.ALL, 0, i / 100.0));
		final long filtered = clock.getCurrentThreadCpuTime();
		assertTrue(ordered - start < 2_000_000_000L, "order took ns " + (ordered - start));
		assertTrue((filtered - ordered) / 100 < 20_000_000L, "a filter took ns " + (filtered - ordered) / 100);
		assertEquals(10_000 / 101 * 2, list.size(), 5);
	}

	@Test
	void classesHaveNamesKeysAndColours() throws EngineException {
		final LabelClasses classes = LabelClasses.parse("-2 fluctuation, 0 fusion,-1=random noise; 12");
		assertEquals(Arrays.asList(0, 12, -1, -2), classes.ids());
		assertEquals("random noise", classes.name(-1));
		assertEquals("class 12", classes.name(12));
		assertEquals("", classes.name(null));
		assertEquals(-2, classes.ofKey('S'));
		assertEquals(0, classes.ofKey('0'));
		assertNull(classes.ofKey('8'));
		// A number of two digits has a key that the usual classes do not need.
		assertEquals(12, classes.ofKey('9'));
		classes.add(10, "");
		classes.add(2, "");
		assertEquals("0982", "" + classes.key(0) + classes.key(12) + classes.key(10) + classes.key(2));
		classes.add(-30, "");
		assertEquals("asl", "" + classes.key(-1) + classes.key(-2) + classes.key(-30));
		assertEquals(0, classes.key(77));
		assertEquals(Arrays.asList(1, 3, 11, 12, 255), Arrays.asList(LabelClasses.group(0), LabelClasses.group(2),
			LabelClasses.group(-1), LabelClasses.group(-2), LabelClasses.group(-999)));
		assertTrue(assertThrows(EngineException.class, () -> LabelClasses.parse("fusion")).getMessage().contains("'fusion'"));
		assertThrows(EngineException.class, () -> LabelClasses.parse(" , "));
	}
}
