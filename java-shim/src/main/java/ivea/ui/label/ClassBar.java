package ivea.ui.label;

import ivea.label.Label;
import ivea.label.LabelClasses;
import java.awt.Font;
import java.awt.GridLayout;
import java.awt.Insets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.function.IntConsumer;
import javax.swing.JButton;
import javax.swing.JPanel;
import javax.swing.SwingConstants;

/** A button for every class, with its key and how many labels it has. */
final class ClassBar extends JPanel {

	private static final int COLUMNS = 4;

	private final LabelClasses classes;
	private final IntConsumer chosen;
	private final Map<Integer, JButton> buttons = new LinkedHashMap<>();

	ClassBar(final LabelClasses classes, final IntConsumer chosen) {
		super(new GridLayout(0, COLUMNS, 4, 4));
		this.classes = classes;
		this.chosen = chosen;
	}

	/** Show how many labels there are; classes that are new get a button. */
	void refresh(final Collection<Label> labels) {
		if (!buttons.keySet().equals(new LinkedHashSet<>(classes.ids()))) rebuild();
		for (final Map.Entry<Integer, Integer> count : classes.count(labels).entrySet()) {
			final JButton button = buttons.get(count.getKey());
			if (button != null) button.setText(text(count.getKey(), count.getValue()));
		}
	}

	private void rebuild() {
		removeAll();
		buttons.clear();
		for (final int classId : classes.ids()) {
			final JButton button = new JButton(text(classId, 0), new LabelTable.Chip(LabelClasses.colour(classId), true));
			button.setHorizontalAlignment(SwingConstants.LEADING);
			button.setMargin(new Insets(3, 6, 3, 6));
			button.setFocusable(false);
			button.setFont(button.getFont().deriveFont(Font.PLAIN));
			button.setToolTipText((classId < 0 ? "Artefact " : "Event class ") + classId + ", " + classes.name(classId) +
				(classes.key(classId) == 0 ? "; press Enter and type its number" : "; key " + Character.toUpperCase(
					classes.key(classId))));
			button.addActionListener(e -> chosen.accept(classId));
			button.setName("class " + classId);
			buttons.put(classId, button);
			add(button);
		}
		revalidate();
	}

	private String text(final int classId, final int count) {
		final char key = classes.key(classId);
		final String shown = key == 0 ? "" : "<b>[" + Character.toUpperCase(key) + "]</b> ";
		return "<html><nobr>" + shown + (classId < 0 ? classId + " " : key == 0 ? classId + " " : "") + classes.name(classId)
			.replace("<", "&lt;") + (count > 0 ? " <b>&times;" + count + "</b>" : "") + "</nobr></html>";
	}
}
