package ivea.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What a command answered. Results are files that the engine wrote; the reply only names them. */
public final class Reply {

	/** A table to show. */
	public static final class Table {

		/** What it is: "events", "truth", ... */
		public final String kind;
		/** Title of its window. */
		public final String title;
		/** CSV file. */
		public final String path;

		private Table(final Map<String, Object> map) {
			kind = text(map, "kind");
			title = text(map, "title");
			path = text(map, "path");
		}
	}

	/** A picture that can be opened. */
	public static final class Picture {

		public final String title;
		public final String path;

		private Picture(final Map<String, Object> map) {
			title = text(map, "title");
			path = text(map, "path");
		}
	}

	/** How a row of a table leads to a place in the movie. */
	public static final class Jump {

		/** {@link Table#kind} of the table. */
		public final String table;
		/** Column of the frame, counted from 1. */
		public final String frame;
		/** Columns of the centre in px; 0 is the centre of the first pixel. */
		public final String x, y;
		/** Column whose value is the property "event" of the ROI that belongs to the row, empty if there is none. */
		public final String roi;

		private Jump(final Map<String, Object> map) {
			table = text(map, "table");
			frame = text(map, "frame");
			x = text(map, "x");
			y = text(map, "y");
			roi = text(map, "roi");
		}
	}

	private final Map<String, Object> map;

	Reply(final Map<String, Object> map) {
		this.map = Collections.unmodifiableMap(map);
	}

	/**
	 * Read a reply as the engine sends it.
	 *
	 * @throws IllegalArgumentException if the text is no JSON object
	 */
	public static Reply fromJson(final String json) {
		return new Reply(Json.read(json));
	}

	/** "done", or "error" or "cancelled" of a reply that {@link Engine#run} turns into an exception. */
	public String status() {
		return text(map, "status");
	}

	/** One sentence that says what happened. */
	public String message() {
		return text(map, "message");
	}

	/** Sentences the user should read. */
	public List<String> notes() {
		final List<String> notes = new ArrayList<>();
		for (final Object note : list(map, "notes")) notes.add(String.valueOf(note));
		return notes;
	}

	/** Traceback of an error nobody foresaw, else empty. */
	public String details() {
		return text(map, "details");
	}

	/** Folder of the results, empty if there are no files. */
	public String folder() {
		return text(map, "folder");
	}

	/** Whether the folder is a temporary one because the user named none. */
	public boolean temporary() {
		return Boolean.TRUE.equals(map.get("temporary"));
	}

	/** Tables to show. */
	public List<Table> tables() {
		final List<Table> tables = new ArrayList<>();
		for (final Object table : list(map, "tables")) tables.add(new Table(asMap(table)));
		return tables;
	}

	/** Zip with ROIs, empty if there is none. */
	public String rois() {
		return text(map, "rois");
	}

	/** Pictures that can be opened. */
	public List<Picture> pictures() {
		final List<Picture> pictures = new ArrayList<>();
		for (final Object picture : list(map, "pictures")) pictures.add(new Picture(asMap(picture)));
		return pictures;
	}

	/** Movie to open, empty if there is none. */
	public String movie() {
		return text(map, "movie");
	}

	/** How table rows lead to places in the movie, null if they do not. */
	public Jump jump() {
		return map.get("jump") == null ? null : new Jump(asMap(map.get("jump")));
	}

	/** The reply as the engine sent it, for scripts. */
	public Map<String, Object> asMap() {
		return map;
	}

	private static String text(final Map<String, Object> map, final String key) {
		final Object value = map.get(key);
		return value == null ? "" : value.toString();
	}

	private static List<?> list(final Map<String, Object> map, final String key) {
		final Object value = map.get(key);
		return value == null ? Collections.emptyList() : (List<?>) value;
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> asMap(final Object value) {
		return (Map<String, Object>) value;
	}
}
