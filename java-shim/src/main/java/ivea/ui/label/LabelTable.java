package ivea.ui.label;

import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.LabelList;
import java.awt.Color;
import java.awt.Component;
import java.awt.Font;
import java.awt.Graphics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.swing.BorderFactory;
import javax.swing.Icon;
import javax.swing.JTable;
import javax.swing.ListSelectionModel;
import javax.swing.table.AbstractTableModel;
import javax.swing.table.DefaultTableCellRenderer;

/** The list of labels. Only the rows on the screen are made, so that ten thousand are no burden. */
final class LabelTable extends JTable {

	private static final String[] NAMES = { "Event", "Frame", "Class", "Network says", "Probability" };
	private static final int[] WIDTHS = { 48, 50, 165, 165, 76 };
	private static final int CLASS = 2, PROPOSED = 3;

	private final LabelList list;
	private final LabelClasses classes;
	private final Model model = new Model();
	private boolean refreshing;

	LabelTable(final LabelList list, final LabelClasses classes) {
		this.list = list;
		this.classes = classes;
		setModel(model);
		for (int i = 0; i < WIDTHS.length; i++) getColumnModel().getColumn(i).setPreferredWidth(WIDTHS[i]);
		setDefaultRenderer(Object.class, new Cell());
		setSelectionMode(ListSelectionModel.MULTIPLE_INTERVAL_SELECTION);
		setRowHeight(22);
		setShowVerticalLines(false);
		setGridColor(new Color(0xE4E4E4));
		setFillsViewportHeight(true);
		getTableHeader().setReorderingAllowed(false);
		setFocusTraversalKeysEnabled(false);
		setName("labels");
	}

	/** The labels of the chosen rows. */
	List<Label> chosen() {
		final List<Label> chosen = new ArrayList<>();
		for (final int row : getSelectedRows()) if (row < list.size()) chosen.add(list.get(row));
		return chosen;
	}

	/** Show the list anew and choose rows; the nearest that there is, if there is any. */
	void refresh(final Collection<Integer> rows) {
		refreshing = true;
		model.fireTableDataChanged();
		for (final int wanted : rows) {
			final int row = Math.max(0, Math.min(wanted, list.size() - 1));
			if (list.size() > 0) addRowSelectionInterval(row, row);
		}
		refreshing = false;
		final int lead = getSelectedRow();
		if (lead >= 0) scrollRectToVisible(getCellRect(lead, 0, true));
	}

	/** Whether changes of the selection come from {@link #refresh} and not from the user. */
	boolean isRefreshing() {
		return refreshing;
	}

	/** Choose one row. */
	void choose(final int wanted) {
		if (list.size() == 0) return;
		final int row = Math.max(0, Math.min(wanted, list.size() - 1));
		setRowSelectionInterval(row, row);
		scrollRectToVisible(getCellRect(row, 0, true));
	}

	/** Move the end of what is chosen. */
	void extend(final int rows) {
		final int end = getSelectionModel().getLeadSelectionIndex() + rows;
		if (end >= 0 && end < list.size()) changeSelection(end, 0, false, true);
	}

	private final class Model extends AbstractTableModel {

		@Override
		public int getRowCount() {
			return list.size();
		}

		@Override
		public int getColumnCount() {
			return NAMES.length;
		}

		@Override
		public String getColumnName(final int column) {
			return NAMES[column];
		}

		@Override
		public Object getValueAt(final int row, final int column) {
			final Label label = list.view(row);
			switch (column) {
				case 0:
					return label.id;
				case 1:
					return label.frame;
				case CLASS:
					return label.said;
				case PROPOSED:
					return label.proposed;
				default:
					return Double.isNaN(label.score) ? "" : String.format("%.2f", label.score);
			}
		}
	}

	/** Cells; a class has the colour of its ROIs. */
	private final class Cell extends DefaultTableCellRenderer {

		@Override
		public Component getTableCellRendererComponent(final JTable table, final Object value, final boolean selected,
			final boolean focus, final int row, final int column)
		{
			setForeground(null);
			super.getTableCellRendererComponent(table, value, selected, false, row, column);
			setBorder(BorderFactory.createEmptyBorder(0, 6, 0, 6));
			setIcon(null);
			if (!selected && list.judged().isGone(list.get(row))) setForeground(Color.LIGHT_GRAY);
			final boolean isClass = column == CLASS || column == PROPOSED;
			setHorizontalAlignment(isClass ? LEADING : TRAILING);
			if (!isClass) return this;
			final Integer classId = (Integer) value;
			setText(classId == null ? "" : classId + "  " + classes.name(classId));
			if (classId != null) setIcon(new Chip(LabelClasses.colour(classId), column == CLASS));
			if (column == CLASS) setFont(getFont().deriveFont(Font.BOLD));
			else if (!selected) setForeground(Color.GRAY);
			return this;
		}
	}

	/** A square in the colour of a class: full if a person said it. */
	static final class Chip implements Icon {

		private static final int SIZE = 11;
		private final Color colour;
		private final boolean full;

		Chip(final int colour, final boolean full) {
			this.colour = new Color(colour);
			this.full = full;
		}

		@Override
		public void paintIcon(final Component part, final Graphics g, final int x, final int y) {
			g.setColor(colour);
			if (full) g.fillRect(x, y, SIZE, SIZE);
			else {
				g.drawRect(x, y, SIZE - 1, SIZE - 1);
				g.drawRect(x + 1, y + 1, SIZE - 3, SIZE - 3);
			}
		}

		@Override
		public int getIconWidth() {
			return SIZE;
		}

		@Override
		public int getIconHeight() {
			return SIZE;
		}
	}
}
