package ivea.label;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A place in a movie that may be an event, and what was said of it. It never changes: a new one takes its place. */
public final class Label {

	/** Number by which it is known, from 1. */
	public final int id;
	/** Frame, from 1. */
	public final int frame;
	/** Centre in px; 0 is the centre of the first pixel. */
	public final double y, x;
	/** In px. */
	public final double radius;
	/** Name of its ROI without the class. */
	public final String name;
	/** What a person said: fusions from 0 up, artefacts negative; null if nobody did. */
	public final Integer said;
	/** What a network said, null if none did. */
	public final Integer proposed;
	/** Probability of being an event, NaN if unknown. */
	public final double score;
	/** Whether it was taken out. It is kept, so that it does not come back with the same result. */
	public final boolean deleted;

	private Label(final int id, final int frame, final double y, final double x, final double radius, final String name,
		final Integer said, final Integer proposed, final double score, final boolean deleted)
	{
		this.id = id;
		this.frame = frame;
		this.y = y;
		this.x = x;
		this.radius = radius;
		this.name = name;
		this.said = said;
		this.proposed = proposed;
		this.score = score;
		this.deleted = deleted;
	}

	/** A place nothing was said of. */
	public static Label at(final int frame, final double y, final double x, final double radius) {
		return new Label(0, frame, y, x, radius, "", null, null, Double.NaN, false);
	}

	/** The same under another number; a name follows from it if there is none. */
	public Label withId(final int number) {
		final String called = name.isEmpty() ? number + "-event {" + number + "} | frame " + frame : name;
		return new Label(number, frame, y, x, radius, called, said, proposed, score, deleted);
	}

	/** The same with the name of its ROI. */
	public Label withName(final String called) {
		return new Label(id, frame, y, x, radius, called, said, proposed, score, deleted);
	}

	/** The same with what a person says; null takes it back. */
	public Label withSaid(final Integer classId) {
		return new Label(id, frame, y, x, radius, name, classId, proposed, score, deleted);
	}

	/** The same with what a network says. */
	public Label withProposal(final Integer classId, final double probability) {
		return new Label(id, frame, y, x, radius, name, said, classId, probability, deleted);
	}

	/** The same, taken out or back. */
	public Label withDeleted(final boolean out) {
		return new Label(id, frame, y, x, radius, name, said, proposed, score, out);
	}

	/** Whether a person said what it is. */
	public boolean isLabelled() {
		return said != null && !deleted;
	}

	/** What it is taken for: what a person said, else what a network did, else null. */
	public Integer classId() {
		return said != null ? said : proposed;
	}

	/** Distance of the centres in px. */
	public double distance(final Label other) {
		return Math.hypot(y - other.y, x - other.x);
	}

	/** As plain data; what is not known is left out. */
	Map<String, Object> toMap() {
		final Map<String, Object> map = new LinkedHashMap<>();
		map.put("id", id);
		map.put("frame", frame);
		map.put("y", y);
		map.put("x", x);
		map.put("radius", radius);
		map.put("name", name);
		if (said != null) map.put("class", said);
		if (proposed != null) map.put("proposed", proposed);
		if (!Double.isNaN(score)) map.put("score", score);
		if (deleted) map.put("deleted", true);
		return map;
	}

	/** @throws RuntimeException if the data are not those of a label */
	static Label fromMap(final Map<?, ?> map) {
		return new Label(whole(map.get("id")), whole(map.get("frame")), number(map.get("y")), number(map.get("x")), number(
			map.get("radius")), map.get("name").toString(), wholeOrNull(map.get("class")), wholeOrNull(map.get("proposed")),
			map.get("score") == null ? Double.NaN : number(map.get("score")), Boolean.TRUE.equals(map.get("deleted")));
	}

	private static Integer wholeOrNull(final Object value) {
		return value == null ? null : whole(value);
	}

	private static int whole(final Object value) {
		return ((Number) value).intValue();
	}

	private static double number(final Object value) {
		return ((Number) value).doubleValue();
	}

	@Override
	public boolean equals(final Object other) {
		return other instanceof Label && toMap().equals(((Label) other).toMap());
	}

	@Override
	public int hashCode() {
		return Objects.hash(id, frame, y, x);
	}

	@Override
	public String toString() {
		return toMap().toString();
	}
}
