package ivea.ui.label;

import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.io.RoiEncoder;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.Whole;
import ivea.ui.RoiLoader;
import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Labels as ROIs, named as the original program names them: the class stands at the end as {@code _class_k}. ImageJ puts
 * the centre of the first pixel at 0.5, labels at 0.
 */
final class LabelRois {

	private static final Pattern CLASS = Pattern.compile("_class_(-?\\d+)$");
	private static final Pattern FRAME = Pattern.compile("\\|\\s*frame\\s*(\\d+)");
	private static final String SAID = "labelled";
	/** Earliest time a zip can tell; the same labels give the same bytes. */
	private static final FileTime NO_TIME = FileTime.fromMillis(315_619_200_000L);

	private LabelRois() {}

	// ------------------------------------------------------------------ from ROIs

	/**
	 * Read ROIs as labels; those that stand on no frame of the movie are left out.
	 *
	 * <p>
	 * A class in the name was said by a person, unless the ROI also has a network's probability and no mark of ours: then
	 * the network proposes it. The class -99 means none.
	 *
	 * @param classes gets the classes that are new, with the names that ROIs tell
	 */
	static List<Label> labels(final Collection<Roi> rois, final int frames, final LabelClasses classes) {
		final List<Label> labels = new ArrayList<>();
		for (final Roi roi : rois) {
			final int frame = frame(roi);
			if (frame < 1 || frame > frames) continue;
			final Label label = label(roi, frame);
			if (label.classId() != null) classes.add(label.classId(), name(roi));
			labels.add(label);
		}
		return labels;
	}

	private static String name(final Roi roi) {
		final String name = roi.getProperty("class_name");
		return name == null ? "" : name.trim().replace('_', ' ');
	}

	private static Label label(final Roi roi, final int frame) {
		final Rectangle2D bounds = roi.getFloatBounds();
		final double radius = (bounds.getWidth() + bounds.getHeight()) / 4;
		final String name = roi.getName() == null ? "" : roi.getName();
		final Label at = Label.at(frame, bounds.getCenterY() - 0.5, bounds.getCenterX() - 0.5, Math.max(radius, 1))
			.withName(CLASS.matcher(name).replaceFirst(""));
		final double score = score(roi);
		final Integer classId = classId(roi, name);
		final boolean said = roi.getProperty(SAID) != null || Double.isNaN(score) && CLASS.matcher(name).find();
		if (!said) return at.withProposal(classId, score);
		return at.withProposal(number(roi.getProperty("proposed")), score).withSaid(classId);
	}

	private static int frame(final Roi roi) {
		final int frame = RoiLoader.frame(roi);
		if (frame > 0 || roi.getName() == null) return frame;
		final Matcher named = FRAME.matcher(roi.getName());
		return named.find() ? Integer.parseInt(named.group(1)) : 0;
	}

	private static Integer classId(final Roi roi, final String name) {
		final Matcher told = CLASS.matcher(name);
		final Integer classId = told.find() ? number(told.group(1)) : number(roi.getProperty("class_id"));
		return classId == null || classId == LabelClasses.UNDECIDED ? null : classId;
	}

	private static Integer number(final String text) {
		try {
			return text == null ? null : Integer.valueOf(text.trim());
		}
		catch (final NumberFormatException e) {
			return null;
		}
	}

	private static double score(final Roi roi) {
		try {
			return Double.parseDouble(String.valueOf(roi.getProperty("probability")));
		}
		catch (final NumberFormatException e) {
			return Double.NaN;
		}
	}

	// ------------------------------------------------------------------ to ROIs

	/** The ROI of a label: circle, name, colour and group of its class, and what else is known. */
	static Roi roi(final Label label, final LabelClasses classes, final ImagePlus imp) {
		final double r = label.radius;
		final Roi roi = new OvalRoi(label.x + 0.5 - r, label.y + 0.5 - r, 2 * r, 2 * r);
		roi.setPosition(label.frame);
		RoiLoader.place(roi, imp);
		roi.setName(label.name);
		if (!Double.isNaN(label.score)) roi.setProperty("probability", String.format(Locale.ROOT, "%.4f",
			label.score));
		roi.setProperty("event", String.valueOf(label.id));
		final Integer classId = label.classId();
		if (classId == null) return roi;
		roi.setProperty("class_id", classId.toString());
		roi.setProperty("class_name", classes.name(classId));
		RoiLoader.colour(roi, LabelClasses.group(classId), new Color(LabelClasses.colour(classId)));
		if (label.said == null) return roi;
		roi.setName(label.name + "_class_" + label.said);
		roi.setProperty(SAID, "yes");
		if (label.proposed != null) roi.setProperty("proposed", label.proposed.toString());
		return roi;
	}

	/**
	 * Write what a person said as a ROI set that the original program and training read. Unlabelled places are left out,
	 * so that nothing is taught by accident. A set that somebody else made is kept under another name.
	 *
	 * @param session stands in the file, so that it is known again
	 * @return how many there are
	 */
	static int write(final Path file, final Collection<Label> labels, final LabelClasses classes, final ImagePlus imp,
		final String session) throws IOException
	{
		final List<Roi> rois = new ArrayList<>();
		for (final Label label : labels) if (label.isLabelled()) rois.add(roi(label, classes, imp));
		final String mark = "IVEA labels " + session;
		if (Files.exists(file) && !mark.equals(comment(file))) keep(file);
		Whole.write(file, part -> {
			try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(part), StandardCharsets.UTF_8)) {
				zip.setComment(mark);
				final Set<String> names = new HashSet<>();
				for (final Roi roi : rois) add(zip, roi, names);
			}
		});
		return rois.size();
	}

	private static void add(final ZipOutputStream zip, final Roi roi, final Set<String> names) throws IOException {
		// The name of the entry is what ImageJ lists: it must be new, and the class must stay at its end.
		final Matcher said = CLASS.matcher(roi.getName());
		final String end = said.find() ? said.group() : "";
		final String plain = CLASS.matcher(roi.getName()).replaceFirst("").replaceAll("[/\\\\]", "-");
		String name = plain + end;
		for (int n = 2; !names.add(name); n++) name = plain + "-" + n + end;
		roi.setName(name);
		final ZipEntry entry = new ZipEntry(name + ".roi");
		entry.setLastModifiedTime(NO_TIME);
		zip.putNextEntry(entry);
		zip.write(RoiEncoder.saveAsByteArray(roi));
		zip.closeEntry();
	}

	/** Whether a ROI set is the one of this session. */
	static boolean isOurs(final Path file, final String session) {
		return ("IVEA labels " + session).equals(comment(file));
	}

	private static String comment(final Path file) {
		try (ZipFile zip = new ZipFile(file.toFile())) {
			return zip.getComment();
		}
		catch (final IOException e) {
			return null;
		}
	}

	/** Give a file a name under which nothing will replace it. */
	private static void keep(final Path file) throws IOException {
		final String stem = file.getFileName().toString().replaceFirst("\\.zip$", "");
		Path kept = file.resolveSibling(stem + ".earlier.zip");
		for (int n = 2; Files.exists(kept); n++) kept = file.resolveSibling(stem + ".earlier-" + n + ".zip");
		Files.copy(file, kept);
	}
}
