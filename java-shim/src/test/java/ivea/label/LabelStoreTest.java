package ivea.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ivea.engine.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels are changed, undone, and survive whatever happens to the program and its files. */
class LabelStoreTest {

	@TempDir
	Path folder;

	private LabelStore open() throws EngineException {
		return open(100);
	}

	private LabelStore open(final int frames) throws EngineException {
		final Map<String, Integer> movie = new LinkedHashMap<>();
		movie.put("width", 64);
		movie.put("height", 48);
		movie.put("frames", frames);
		return LabelStore.open(folder, "cell", movie);
	}

	private Path journal() {
		return folder.resolve("cell_labels.journal");
	}

	private static List<Label> events(final int count) {
		final List<Label> events = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			events.add(Label.at(1 + i % 90, 10 * (i / 90), 5.25 + 7 * (i % 8), 3).withProposal(i % 3 - 1, (i % 100) / 100.0));
		}
		return events;
	}

	private static void say(final LabelStore store, final int id, final Integer classId) {
		store.change("class " + classId, Collections.singletonList(store.labels().get(id).withSaid(classId)));
	}

	private static List<Label> all(final LabelStore store) {
		return new ArrayList<>(store.labels().all());
	}

	@Test
	void howEventsWereLookedForIsKept() throws Exception {
		final Map<String, Object> settings = new LinkedHashMap<>();
		settings.put("model", "evit28");
		settings.put("confidence", 0.25);
		settings.put("second_look", true);
		try (LabelStore store = open()) {
			assertTrue(store.settings().isEmpty());
			store.take("test", events(2), 4);
			store.settings(settings);
			store.settings(settings);
			say(store, 1, 0);
		}
		assertEquals(4, Files.readAllLines(journal()).size(), "the same is told once");
		try (LabelStore store = open()) {
			assertEquals(settings.toString(), store.settings().toString());
			assertEquals("class 0", store.labels().undoable());
			store.undo();
			assertEquals("", store.labels().undoable(), "it is no step of the work");
			final Path places = folder.resolve("places.json");
			store.state().write(places);
			assertEquals(2, ((List<?>) Whole.read(places).get("labels")).size());
		}
	}

	@Test
	void changesAreUndoneAndDoneAgain() throws Exception {
		try (LabelStore store = open()) {
			assertEquals(3, store.take("test", events(3), 4));
			say(store, 2, 1);
			say(store, 2, -3);
			final Label added = Label.at(7, 1, 2, 3).withId(store.labels().nextId());
			store.change("add", Collections.singletonList(added));
			assertEquals("4-event {4} | frame 7", store.labels().get(4).name);
			store.undo();
			assertEquals(3, store.labels().present().size());
			store.undo();
			assertEquals(1, store.labels().get(2).said);
			store.redo();
			assertEquals(-3, store.labels().get(2).said);
			store.undo();
			store.undo();
			assertNull(store.labels().get(2).said);
			assertTrue(store.undo().isEmpty());
			assertEquals("class 1", store.labels().redoable());
			say(store, 1, 0);
			// What was undone cannot come back over what was done since.
			assertTrue(store.redo().isEmpty());
		}
	}

	/** Random work, and after every few steps a restart: labels and all steps of the past are there. */
	@Test
	void fiveHundredLabelsWithUndoAndRestartsLoseNothing() throws Exception {
		final Random random = new Random(5);
		final List<List<Label>> states = new ArrayList<>();
		LabelStore store = open();
		store.take("test", events(500), 4);
		for (int step = 0; step < 1500; step++) {
			final int id = 1 + random.nextInt(500), what = random.nextInt(10);
			if (what < 7) say(store, id, random.nextInt(5) - 2);
			else if (what == 7) store.undo();
			else if (what == 8) store.redo();
			else store.change("delete", Collections.singletonList(store.labels().get(id).withDeleted(true)));
			if (step % 200 == 199) {
				if (random.nextBoolean()) store.save(store.state());
				final List<Label> before = all(store);
				states.add(before);
				// Without closing it properly: the journal is all that is left.
				store.close();
				store = open();
				assertEquals(before, all(store));
			}
		}
		int undone = 0;
		while (!store.undo().isEmpty()) undone++;
		assertTrue(undone > 500, "undone " + undone);
		for (final Label label : store.labels().all()) assertNull(label.said);
		while (!store.redo().isEmpty()) undone--;
		assertEquals(0, undone);
		store.close();
		assertEquals(7, states.size());
	}

	@Test
	void halfALineAtTheEndIsForgotten() throws Exception {
		try (LabelStore store = open()) {
			store.take("test", events(3), 4);
			say(store, 1, 2);
		}
		Files.write(journal(), "{\"n\":4,\"what\":\"class 1\",\"now\":[{\"id\":2".getBytes(StandardCharsets.UTF_8),
			StandardOpenOption.APPEND);
		try (LabelStore store = open()) {
			assertEquals(2, store.labels().get(1).said);
			assertNull(store.labels().get(2).said);
			assertEquals(Collections.emptyList(), store.notes());
			say(store, 2, 0);
		}
		try (LabelStore store = open()) {
			assertEquals(0, store.labels().get(2).said);
		}
	}

	@Test
	void aDamagedJournalIsReplacedByTheSnapshotAndKept() throws Exception {
		try (LabelStore store = open()) {
			store.take("test", events(30), 4);
			for (int id = 1; id <= 20; id++) say(store, id, 0);
			store.save(store.state());
		}
		final List<String> lines = new ArrayList<>(Files.readAllLines(journal()));
		lines.set(5, lines.get(5).substring(0, 20) + "#### damaged");
		Files.write(journal(), lines);
		try (LabelStore store = open()) {
			assertEquals(20, store.labels().present().stream().filter(Label::isLabelled).count());
			assertEquals(2, store.notes().size());
			assertTrue(Files.exists(folder.resolve("cell_labels.journal.damaged")));
		}
		Files.delete(journal());
		try (LabelStore store = open()) {
			assertEquals(20, store.labels().present().stream().filter(Label::isLabelled).count());
		}
	}

	@Test
	void whatIsInUseOrOfAnotherMovieIsRefused() throws Exception {
		try (LabelStore store = open()) {
			store.take("test", events(2), 4);
			final EngineException used = assertThrows(EngineException.class, this::open);
			assertTrue(used.getMessage().contains("another window"), used.getMessage());
		}
		final EngineException other = assertThrows(EngineException.class, () -> open(99));
		assertTrue(other.getMessage().contains("frames 100, not 99"), other.getMessage());
		Files.write(journal(), Arrays.asList("{\"width\":64,\"height\":48,\"frames\":100}", "{\"n\":\"x\"}"));
		assertTrue(assertThrows(EngineException.class, this::open).getMessage().contains("was not written by IVEA"));
		Files.delete(journal());
		Files.write(folder.resolve("file"), new byte[1]);
		assertTrue(assertThrows(EngineException.class, () -> LabelStore.open(folder.resolve("file"), "cell", Collections
			.emptyMap())).getMessage().contains("choose another label folder"));
	}

	@Test
	void takingTheSameAgainAddsNothingAndKeepsWhatWasSaid() throws IOException, EngineException {
		try (LabelStore store = open()) {
			store.take("run 1", events(60), 4);
			say(store, 5, -2);
			store.change("delete", Collections.singletonList(store.labels().get(6).withDeleted(true)));
			final List<Label> again = new ArrayList<>();
			for (final Label label : events(60)) again.add(label.withProposal(2, 0.9));
			again.add(Label.at(50, 40, 60, 3).withSaid(1));
			assertEquals(1, store.take("run 2", again, 4));
			assertEquals(-2, store.labels().get(5).said);
			assertEquals(2, store.labels().get(5).proposed);
			assertTrue(store.labels().get(6).deleted);
			assertEquals(1, store.labels().get(61).said);
			assertEquals(60, store.labels().present().size());
			assertFalse(LabelStore.exists(folder, "other"));
			assertTrue(LabelStore.exists(folder, "cell"));
		}
	}

	@Test
	void wholeFilesReplaceWholeFiles() throws Exception {
		final Path file = folder.resolve("a.txt");
		Whole.write(file, part -> Files.write(part, new byte[] { 1 }));
		assertThrows(IOException.class, () -> Whole.write(file, part -> {
			Files.write(part, new byte[] { 2 });
			throw new IOException("disk full");
		}));
		assertEquals(1, Files.readAllBytes(file)[0]);
		try (java.util.stream.Stream<Path> files = Files.list(folder)) {
			assertEquals(1, files.count());
		}
	}
}
