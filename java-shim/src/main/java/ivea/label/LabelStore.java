package ivea.label;

import ivea.engine.EngineException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The labels of one movie, kept so that nothing gets lost. Every change is a line of a journal before anything else
 * happens; the journal is the whole history, so that also after a crash every step can be undone. A snapshot stands
 * beside it and serves if the journal is damaged.
 *
 * <p>
 * Changes come from one thread; {@link #save} may be called from another.
 */
public final class LabelStore implements Closeable {

	private static final String JOURNAL = "_labels.journal", SNAPSHOT = "_labels.json";
	private static final String SETTINGS = "settings";
	private static final int FORMAT = 1;

	private final Path folder;
	private final String stem;
	private final Map<String, Object> movie;
	private final Journal journal;
	private final Labels labels = new Labels();
	private final Deque<Map<String, Object>> unwritten = new ArrayDeque<>();
	private final List<String> notes = new ArrayList<>();
	private final Map<String, Object> settings = new LinkedHashMap<>();
	private String session;
	private int lines;
	private int savedLines = -1;
	private String trouble = "";

	private LabelStore(final Path folder, final String stem, final Map<String, Object> movie) throws IOException,
		EngineException
	{
		this.folder = folder;
		this.stem = stem;
		this.movie = movie;
		Files.createDirectories(folder);
		journal = new Journal(folder.resolve(stem + JOURNAL));
	}

	/**
	 * Open the labels of a movie, or begin them.
	 *
	 * @param folder where they lie; made if missing
	 * @param stem what their files are called after
	 * @param movie what tells this movie from others of its name: "width", "height", "frames"
	 * @throws EngineException with one sentence, if they are in use, of another movie, or cannot be read or written
	 */
	public static LabelStore open(final Path folder, final String stem, final Map<String, Integer> movie)
		throws EngineException
	{
		LabelStore store = null;
		boolean usable = false;
		try {
			store = new LabelStore(folder, stem, new LinkedHashMap<>(movie));
			store.read();
			usable = true;
			return store;
		}
		catch (final IOException e) {
			throw new EngineException("Labels cannot be kept in '" + folder + "'; choose another label folder.", e
				.toString());
		}
		finally {
			if (store != null && !usable) store.abandon();
		}
	}

	/** Whether labels of this movie lie in a folder. */
	public static boolean exists(final Path folder, final String stem) {
		return Files.isRegularFile(folder.resolve(stem + JOURNAL)) || Files.isRegularFile(folder.resolve(stem + SNAPSHOT));
	}

	/** Where the ROIs of the labels go, under the name that the original program and training look for. */
	public Path roiFile() {
		return folder.resolve(stem + "_training_rois.zip");
	}

	/** A text that tells files of this work from all others. */
	public String session() {
		return session;
	}

	/** The labels; they are changed only by the methods here. */
	public Labels labels() {
		return labels;
	}

	/** Sentences about what was found when the labels were opened. */
	public List<String> notes() {
		return notes;
	}

	/** Why the last changes are not on the disk, empty if they are. */
	public String trouble() {
		return trouble;
	}

	/** How the events were looked for, by the engine's names; empty if nobody said. */
	public Map<String, Object> settings() {
		return Collections.unmodifiableMap(settings);
	}

	/** Keep how the events were looked for: text, numbers, yes and no. */
	public void settings(final Map<String, Object> now) {
		if (now.isEmpty() || now.toString().equals(settings.toString())) return;
		settings.clear();
		settings.putAll(now);
		final Map<String, Object> line = line(SETTINGS, Collections.emptyList());
		line.put(SETTINGS, settings);
		write(line);
	}

	// ------------------------------------------------------------------ changes

	/**
	 * Change labels, or add some (with {@link Labels#nextId} and the numbers after it).
	 *
	 * @param what was done, in a few words
	 */
	public void change(final String what, final List<Label> now) {
		if (now.isEmpty()) return;
		labels.change(what, now);
		write(line(what, now));
	}

	/**
	 * Take over labels from elsewhere. What is there already is not added again and keeps what a person said; what was
	 * taken out stays out.
	 *
	 * @param from where they come from, in a few words
	 * @param frames how many frames apart two labels of one event may be
	 * @return how many were added
	 */
	public int take(final String from, final Collection<Label> others, final int frames) {
		final List<Label> now = new ArrayList<>();
		int next = labels.nextId();
		int added = 0;
		for (final Matching.Pair pair : Matching.of(labels.all(), others, frames)) {
			if (pair.theirs == null) continue;
			if (pair.mine == null) {
				now.add(pair.theirs.withId(next++));
				added++;
				continue;
			}
			final Label merged = merged(pair.mine, pair.theirs);
			if (!merged.equals(pair.mine)) now.add(merged);
		}
		if (now.isEmpty()) return 0;
		labels.put(now);
		final Map<String, Object> line = line("take", now);
		line.put("from", from);
		write(line);
		return added;
	}

	private static Label merged(final Label mine, final Label theirs) {
		final Label said = mine.said == null ? mine.withSaid(theirs.said) : mine;
		return theirs.proposed == null ? said : said.withProposal(theirs.proposed, theirs.score);
	}

	/** Take the last step back, also one of an earlier day; return the labels as they are now. */
	public List<Label> undo() {
		final List<Label> now = labels.undo();
		if (!now.isEmpty()) write(line("undo", Collections.emptyList()));
		return now;
	}

	/** Do again what was taken back; return the labels as they are now. */
	public List<Label> redo() {
		final List<Label> now = labels.redo();
		if (!now.isEmpty()) write(line("redo", Collections.emptyList()));
		return now;
	}

	// ------------------------------------------------------------------ the journal

	private Map<String, Object> line(final String what, final List<Label> now) {
		final Map<String, Object> line = new LinkedHashMap<>();
		line.put("n", ++lines);
		line.put("time", Instant.now().toString());
		line.put("what", what);
		if (!now.isEmpty()) line.put("now", maps(now));
		return line;
	}

	/** Write a line, and before it those that could not be written so far. */
	private synchronized void write(final Map<String, Object> line) {
		unwritten.add(line);
		try {
			while (!unwritten.isEmpty()) {
				journal.append(unwritten.peek());
				unwritten.remove();
			}
			trouble = "";
		}
		catch (final IOException e) {
			trouble = "The last " + unwritten.size() + " changes cannot be written to '" + folder + "' (" + e.getMessage() +
				"); make room there or mend it, they are written with the next change.";
		}
	}

	private void read() throws IOException, EngineException {
		final List<Map<String, Object>> old = journal.lines();
		if (old.isEmpty()) begin(UUID.randomUUID().toString());
		else {
			checkMovie(old.get(0));
			session = String.valueOf(old.get(0).get("session"));
			for (final Map<String, Object> line : old.subList(1, old.size())) replay(line);
		}
		readSnapshot();
	}

	private void begin(final String name) {
		session = name;
		final Map<String, Object> head = new LinkedHashMap<>();
		head.put("ivea_labels", FORMAT);
		head.put("session", session);
		head.putAll(movie);
		write(head);
	}

	private void replay(final Map<String, Object> line) throws EngineException {
		try {
			lines = ((Number) line.get("n")).intValue();
			final String what = String.valueOf(line.get("what"));
			final List<Label> now = labels(line.get("now"));
			if (what.equals(SETTINGS)) readSettings((Map<?, ?>) line.get(SETTINGS));
			else if (what.equals("undo")) labels.undo();
			else if (what.equals("redo")) labels.redo();
			else if (what.equals("take")) labels.put(now);
			else labels.change(what, now);
		}
		catch (final RuntimeException e) {
			throw new EngineException("'" + folder.resolve(stem + JOURNAL) + "' was not written by IVEA or was changed; " +
				"move it elsewhere, or choose another label folder.", e.toString());
		}
	}

	private void readSettings(final Map<?, ?> told) {
		settings.clear();
		for (final Map.Entry<?, ?> entry : told.entrySet()) settings.put(entry.getKey().toString(), entry.getValue());
	}

	private void checkMovie(final Map<String, Object> told) throws EngineException {
		for (final Map.Entry<String, Object> size : movie.entrySet()) {
			if (size.getValue().equals(told.get(size.getKey()))) continue;
			throw new EngineException("The labels of '" + stem + "' in '" + folder + "' are of another movie (" + size
				.getKey() + " " + told.get(size.getKey()) + ", not " + size.getValue() + "); choose another label folder.");
		}
	}

	// ------------------------------------------------------------------ the snapshot

	/** Take what a snapshot knows and a damaged or missing journal does not. */
	private void readSnapshot() throws IOException, EngineException {
		final Path file = folder.resolve(stem + SNAPSHOT);
		if (Files.isRegularFile(file)) {
			try {
				final Map<String, Object> told = Whole.read(file);
				if (((Number) told.get("n")).intValue() > lines) {
					checkMovie(told);
					restore(told);
				}
			}
			catch (final RuntimeException e) {
				notes.add("'" + file.getFileName() + "' cannot be read and is written anew.");
			}
		}
		if (journal.damaged()) {
			notes.add("The journal of the labels was damaged; " + labels.present().size() + " labels could be read, and a " +
				"copy of it is kept beside it.");
		}
	}

	private void restore(final Map<String, Object> told) {
		final List<Label> now = labels(told.get("labels"));
		labels.put(now);
		lines = ((Number) told.get("n")).intValue();
		write(line("take", now));
		notes.add("The labels were restored from '" + stem + SNAPSHOT + "'.");
	}

	/** Whether something changed since {@link #save}. */
	public boolean isDirty() {
		return savedLines != lines;
	}

	/**
	 * Write the snapshot of the labels as they were at some moment; the journal is then on the disk too.
	 *
	 * @param state what {@link #state} gave
	 */
	public synchronized void save(final State state) throws IOException {
		journal.force();
		final Map<String, Object> map = new LinkedHashMap<>();
		map.put("ivea_labels", FORMAT);
		map.put("session", session);
		map.putAll(movie);
		map.put("n", state.lines);
		map.put("labels", maps(state.labels));
		Whole.write(folder.resolve(stem + SNAPSHOT), map);
		savedLines = state.lines;
	}

	/** The labels as they are now. */
	public State state() {
		return new State(lines, new ArrayList<>(labels.all()));
	}

	/** The labels at a moment. */
	public static final class State {

		final int lines;
		/** All labels, also those taken out. */
		public final List<Label> labels;

		State(final int lines, final List<Label> labels) {
			this.lines = lines;
			this.labels = labels;
		}

		/** Write the labels for the engine. */
		public void write(final Path file) throws IOException {
			final Map<String, Object> map = new LinkedHashMap<>();
			map.put("labels", maps(labels));
			Whole.write(file, map);
		}
	}

	@Override
	public synchronized void close() throws IOException {
		journal.close();
	}

	private void abandon() {
		try {
			journal.close();
		}
		catch (final IOException e) {
			// Nothing was written.
		}
	}

	private static List<Object> maps(final List<Label> labels) {
		final List<Object> maps = new ArrayList<>(labels.size());
		for (final Label label : labels) maps.add(label.toMap());
		return maps;
	}

	private static List<Label> labels(final Object maps) {
		final List<Label> labels = new ArrayList<>();
		if (maps != null) for (final Object map : (List<?>) maps) labels.add(Label.fromMap((Map<?, ?>) map));
		return labels;
	}
}
