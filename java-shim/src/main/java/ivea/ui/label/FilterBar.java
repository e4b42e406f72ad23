package ivea.ui.label;

import ivea.label.LabelClasses;
import ivea.label.LabelFilter;
import ivea.label.LabelFilter.Kind;
import ivea.label.LabelOrder;
import java.awt.BorderLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import javax.swing.BorderFactory;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.DefaultComboBoxModel;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JSlider;

/** Which labels are shown and in which order. */
final class FilterBar extends JPanel {

	private static final int STEPS = 100;

	/** One entry of the choice. */
	private static final class Choice {

		final Kind kind;
		final int classId;
		final String title;

		Choice(final Kind kind, final int classId, final String title) {
			this.kind = kind;
			this.classId = classId;
			this.title = title;
		}

		@Override
		public String toString() {
			return title;
		}

		@Override
		public boolean equals(final Object other) {
			return other instanceof Choice && ((Choice) other).kind == kind && ((Choice) other).classId == classId;
		}

		@Override
		public int hashCode() {
			return 31 * kind.hashCode() + classId;
		}
	}

	private final LabelClasses classes;
	private final Consumer<LabelFilter> filtered;
	private final DefaultComboBoxModel<Choice> choices = new DefaultComboBoxModel<>();
	private final JSlider slider = new JSlider(0, STEPS, 0);
	private final JCheckBox hide = new JCheckBox("Hide what is no longer reported", true);
	private final JLabel least = new JLabel("0.00");
	private final JLabel count = new JLabel(" ");
	private Collection<Integer> known = new ArrayList<>();
	private boolean quiet;

	/**
	 * @param order the order that is chosen at first
	 * @param filtered hears of another filter
	 * @param ordered hears of another order, also of the same once more
	 * @param hidden hears whether to hide what is no longer reported
	 */
	FilterBar(final LabelClasses classes, final LabelOrder order, final Consumer<LabelFilter> filtered,
		final Consumer<LabelOrder> ordered, final Consumer<Boolean> hidden)
	{
		super(new BorderLayout(6, 4));
		this.classes = classes;
		this.filtered = filtered;
		final JComboBox<Choice> kinds = new JComboBox<>(choices);
		final JComboBox<LabelOrder> orders = new JComboBox<>(LabelOrder.values());
		orders.setSelectedItem(order);
		kinds.addActionListener(e -> tell());
		orders.addActionListener(e -> ordered.accept((LabelOrder) orders.getSelectedItem()));
		slider.addChangeListener(e -> tell());
		for (final JComponent part : new JComponent[] { kinds, orders, slider, hide }) part.setFocusable(false);
		kinds.setName("show");
		orders.setName("order");
		slider.setName("probability");
		hide.setName("hide");
		hide.addActionListener(e -> hidden.accept(hide.isSelected()));
		hide.setToolTipText("What was reported at first and is not by what you labelled goes out of sight; your labels stay.");
		slider.setToolTipText("Shows only what has at least this probability. Nothing is computed anew.");
		orders.setToolTipText("'Teaches most first' begins with what is in doubt by all labels so far, each unlike those before it.");
		final JPanel first = new JPanel();
		first.setLayout(new BoxLayout(first, BoxLayout.X_AXIS));
		first.add(new JLabel("Show "));
		first.add(kinds);
		first.add(Box.createHorizontalStrut(8));
		first.add(orders);
		final JPanel second = new JPanel(new BorderLayout(6, 0));
		second.add(new JLabel("Probability at least"), BorderLayout.WEST);
		second.add(slider, BorderLayout.CENTER);
		final JPanel numbers = new JPanel(new BorderLayout(10, 0));
		numbers.add(least, BorderLayout.WEST);
		numbers.add(count, BorderLayout.EAST);
		second.add(numbers, BorderLayout.EAST);
		add(first, BorderLayout.NORTH);
		add(hide, BorderLayout.CENTER);
		add(second, BorderLayout.SOUTH);
		setBorder(BorderFactory.createEmptyBorder(0, 0, 6, 0));
		refresh();
	}

	/** Offer classes that are new. */
	void refresh() {
		if (classes.ids().equals(known)) return;
		known = classes.ids();
		final Object chosen = choices.getSelectedItem();
		quiet = true;
		choices.removeAllElements();
		for (final Choice choice : all()) choices.addElement(choice);
		if (chosen != null) choices.setSelectedItem(chosen);
		quiet = false;
	}

	/** Tell how many are shown. */
	void count(final int shown, final int all) {
		count.setText(shown == all ? all + " events" : shown + " of " + all + " events");
	}

	private List<Choice> all() {
		final List<Choice> all = new ArrayList<>();
		all.add(new Choice(Kind.ALL, 0, "all"));
		all.add(new Choice(Kind.UNLABELLED, 0, "not labelled"));
		all.add(new Choice(Kind.LABELLED, 0, "labelled"));
		all.add(new Choice(Kind.EVENTS, 0, "events (0, 1, ...)"));
		all.add(new Choice(Kind.ARTEFACTS, 0, "artefacts (-1, ...)"));
		all.add(new Choice(Kind.REPORTED, 0, "reported now"));
		all.add(new Choice(Kind.GONE, 0, "no longer reported"));
		all.add(new Choice(Kind.CHANGED, 0, "network disagrees"));
		for (final int classId : known) all.add(new Choice(Kind.CLASS, classId, classId + " " + classes.name(classId)));
		return all;
	}

	private void tell() {
		least.setText(String.format("%.2f", (double) slider.getValue() / STEPS));
		final Choice choice = (Choice) choices.getSelectedItem();
		if (quiet || choice == null) return;
		filtered.accept(new LabelFilter(choice.kind, choice.classId, (double) slider.getValue() / STEPS));
	}
}
