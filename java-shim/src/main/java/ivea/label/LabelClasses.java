package ivea.label;

import ivea.engine.EngineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The classes to choose from, their names, keys and colours. Kinds of event count from 0 up, artefacts from -1 down. */
public final class LabelClasses {

	/** What the original program writes for a candidate without a class. */
	public static final int UNDECIDED = -99;

	private static final Pattern CLASS = Pattern.compile("(-?\\d{1,4})(?:[\\s=:]+(.*))?");
	/** The home row; others have work of their own. */
	private static final String ARTEFACT_KEYS = "asdfghjkl", EVENT_KEYS = "0123456789";
	/** As in the engine's pictures and ROIs; a test compares them. */
	private static final int[] EVENT_COLOURS = { 0xE69F00, 0x56B4E9, 0xCC79A7, 0x009E73, 0xF0E442, 0xD55E00 };
	private static final int ARTEFACT_COLOUR = 0x999999;
	private static final int FIRST_ARTEFACT_GROUP = 10, LAST_GROUP = 255;

	/** Kinds of event upwards, then artefacts downwards. */
	private final Map<Integer, String> names = new TreeMap<>((a, b) -> a < 0 && b < 0 ? b - a : a < 0 ? 1 : b < 0 ? -1
		: a - b);
	private final Map<Integer, Character> keys = new HashMap<>();

	/**
	 * Read classes from a text such as "0 fusion, 1 fusion without cloud, -1 noise".
	 *
	 * @throws EngineException with one sentence if it is none
	 */
	public static LabelClasses parse(final String text) throws EngineException {
		final LabelClasses classes = new LabelClasses();
		final List<Matcher> told = new ArrayList<>();
		for (final String part : text.split("[,;]")) {
			if (part.trim().isEmpty()) continue;
			final Matcher match = CLASS.matcher(part.trim());
			if (!match.matches()) {
				throw new EngineException("Classes (classes) are numbers with names, such as '0 fusion, -1 noise'; '" + part
					.trim() + "' does not begin with a number.");
			}
			told.add(match);
		}
		// The small numbers have the first choice of keys.
		told.stream().sorted(Comparator.comparingInt(match -> Math.abs(number(match)))).forEach(match -> classes.add(number(
			match), match.group(2) == null ? "" : match.group(2).trim()));
		if (classes.names.isEmpty()) {
			throw new EngineException("Name at least one class (classes), such as '0 fusion, -1 noise'.");
		}
		return classes;
	}

	private static int number(final Matcher match) {
		return Integer.parseInt(match.group(1));
	}

	/** Add a class if it is new. */
	public void add(final int classId, final String name) {
		if (!names.containsKey(classId)) giveKey(classId);
		names.putIfAbsent(classId, name.isEmpty() ? (classId < 0 ? "artefact " : "class ") + classId : name);
	}

	/** Numbers of all classes. */
	public List<Integer> ids() {
		return Collections.unmodifiableList(new ArrayList<>(names.keySet()));
	}

	/** Name of a class, empty for null. */
	public String name(final Integer classId) {
		return classId == null ? "" : names.getOrDefault(classId, "class " + classId);
	}

	/** Key of a class: its digit, for artefacts a letter; 0 if it has none. */
	public char key(final int classId) {
		return keys.getOrDefault(classId, (char) 0);
	}

	/** Class of a key, null if it is none of ours. */
	public Integer ofKey(final char key) {
		for (final int classId : names.keySet()) if (key(classId) == Character.toLowerCase(key)) return classId;
		return null;
	}

	/** Give a class its own key; one without takes a free key from the end, far from those of the usual classes. */
	private void giveKey(final int classId) {
		final String all = classId < 0 ? ARTEFACT_KEYS : EVENT_KEYS;
		final int own = classId < 0 ? -classId - 1 : classId;
		final StringBuilder wanted = new StringBuilder(all).append(own < all.length() ? all.substring(own, own + 1) : "");
		for (final char key : wanted.reverse().toString().toCharArray()) {
			if (!keys.containsKey(classId) && !keys.containsValue(key)) keys.put(classId, key);
		}
	}

	/** Colour as 0xRRGGBB; all artefacts share a grey. */
	public static int colour(final int classId) {
		return classId < 0 ? ARTEFACT_COLOUR : EVENT_COLOURS[classId % EVENT_COLOURS.length];
	}

	/** ImageJ's ROI group: kinds of event 0, 1, 2 are 1, 2, 3; artefacts -1, -2 are 11, 12. */
	public static int group(final int classId) {
		return classId >= 0 ? Math.min(classId + 1, FIRST_ARTEFACT_GROUP) : Math.min(FIRST_ARTEFACT_GROUP - classId,
			LAST_GROUP);
	}

	/** How many labels a person gave to each class, in the order of {@link #ids}. */
	public Map<Integer, Integer> count(final Collection<Label> labels) {
		final Map<Integer, Integer> counts = new LinkedHashMap<>();
		for (final int classId : names.keySet()) counts.put(classId, 0);
		for (final Label label : labels) if (label.isLabelled()) counts.merge(label.said, 1, Integer::sum);
		return counts;
	}
}
