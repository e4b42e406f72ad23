package ivea.ui;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.measure.ResultsTable;
import ij.text.TextPanel;
import ij.text.TextWindow;
import ivea.engine.Reply;
import java.awt.Component;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.event.KeyAdapter;
import java.awt.event.KeyEvent;
import java.awt.event.KeyListener;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.io.IOException;

/**
 * A result table in a window of its own. Where its rows are events, a click on a row or an arrow key shows the event in
 * the movie; a menu opens what else the run gave.
 */
final class EventTable {

	private static final String LABEL = "Review and Label Events...";

	private final TextWindow window;
	private final TextPanel panel;

	private EventTable(final TextWindow window) {
		this.window = window;
		panel = window.getTextPanel();
	}

	/** Show a table under its title, with a number behind it if that title is taken. */
	static EventTable show(final Reply.Table table) throws IOException {
		String title = table.title;
		for (int n = 1; WindowManager.getFrame(title) != null; n++) title = table.title + "-" + n;
		CsvTable.read(table.path).show(title);
		return new EventTable((TextWindow) WindowManager.getFrame(title));
	}

	/** Let rows lead to the movie. */
	void link(final Reply.Jump columns, final EventJump jump) {
		panel.addMouseListener(new MouseAdapter() {

			@Override
			public void mouseReleased(final MouseEvent e) {
				follow(columns, jump);
			}
		});
		final KeyListener keys = new KeyAdapter() {

			@Override
			public void keyPressed(final KeyEvent e) {
				final int step = e.getKeyCode() == KeyEvent.VK_DOWN ? 1 : e.getKeyCode() == KeyEvent.VK_UP ? -1 : 0;
				if (step == 0) panel.keyPressed(e);
				else {
					final int row = panel.getSelectionStart() + step;
					panel.setSelection(row, row);
					follow(columns, jump);
				}
			}

			@Override
			public void keyReleased(final KeyEvent e) {
				panel.keyReleased(e);
			}

			@Override
			public void keyTyped(final KeyEvent e) {
				panel.keyTyped(e);
			}
		};
		// ImageJ's own listener would only scroll with the arrows.
		replaceKeys(window, keys);
		for (final Component part : panel.getComponents()) replaceKeys(part, keys);
	}

	private void replaceKeys(final Component part, final KeyListener keys) {
		part.removeKeyListener(panel);
		part.addKeyListener(keys);
	}

	private void follow(final Reply.Jump columns, final EventJump jump) {
		final ResultsTable table = panel.getResultsTable();
		final int row = panel.getSelectionStart();
		if (row < 0 || table == null || row >= table.size() || !table.columnExists(columns.frame)) return;
		jump.go((int) table.getValue(columns.frame, row), table.getValue(columns.x, row),
			table.getValue(columns.y, row), selected(columns.roi));
	}

	/** What the chosen row has in a column, empty without a chosen row. */
	private String selected(final String column) {
		final ResultsTable table = panel.getResultsTable();
		final int row = panel.getSelectionStart();
		final boolean known = row >= 0 && table != null && row < table.size() && table.columnExists(column);
		return known ? table.getStringValue(column, row) : "";
	}

	/** Offer what else a run gave: its other tables, its pictures, the trace of the chosen event, its files. */
	void addMenu(final Reply reply, final Reply.Table shown, final EventJump jump) {
		final Menu menu = new Menu("IVEA");
		for (final Reply.Table table : reply.tables()) {
			if (reply.jump() != null && table.kind.equals("traces")) {
				item(menu, "Plot Trace of Event", () -> TracePlot.show(table, selected(reply.jump().roi)));
			}
		}
		if (jump != null && !reply.rois().isEmpty()) item(menu, LABEL, () -> jump.label(LABEL));
		for (final Reply.Picture picture : reply.pictures()) {
			item(menu, picture.title, () -> open(picture.path));
		}
		for (final Reply.Table table : reply.tables()) {
			if (!table.path.equals(shown.path)) item(menu, table.title, () -> show(table));
		}
		if (reply.temporary()) item(menu, "Save Files...", () -> ResultFiles.keep(reply.folder()));
		window.getMenuBar().add(menu);
	}

	private static void open(final String path) {
		final ImagePlus picture = IJ.openImage(path);
		if (picture != null) picture.show();
	}

	private static void item(final Menu menu, final String label, final Action action) {
		final MenuItem item = new MenuItem(label);
		item.addActionListener(e -> {
			try {
				action.run();
			}
			catch (final IOException problem) {
				IJ.error("IVEA", "The result cannot be opened (" + problem.getMessage() + "); run the command again.");
			}
		});
		menu.add(item);
	}

	private interface Action {

		void run() throws IOException;
	}
}
