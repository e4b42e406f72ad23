package ivea.ui.label;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.OpenDialog;
import ij.plugin.frame.RoiManager;
import ivea.engine.EngineException;
import ivea.label.Label;
import ivea.label.LabelClasses;
import ivea.label.LabelList;
import ivea.label.LabelStore;
import java.awt.Toolkit;
import java.awt.event.KeyEvent;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import javax.swing.JMenu;
import javax.swing.JMenuBar;
import javax.swing.JMenuItem;
import javax.swing.JOptionPane;
import javax.swing.KeyStroke;

/** The menus of the label window: what has no button. */
final class LabelMenu {

	private static final String KEYS = String.join("\n", "Up, Down, Left, Right: previous and next event",
		"0 to 9: event classes;  A S D F G H J K L: artefacts -1 to -9", "Enter: type the number of a class",
		"Space: accept the network's class;  X: reject as an artefact", "F11 or Delete: take the event out",
		"Shift+Left, Shift+Right: previous and next frame of the movie",
		"Shift+Up, Shift+Down: choose several events; a class key is for all of them",
		"N: add an event by a click in the movie", "P: stop and start the little movie",
		"Ctrl+Z, Ctrl+Y: undo and redo, also steps of an earlier day");

	private LabelMenu() {}

	static JMenuBar of(final LabelWindow window, final LabelActions actions, final LabelStore store,
		final LabelClasses classes, final LabelList list, final ImagePlus imp)
	{
		final int command = Toolkit.getDefaultToolkit().getMenuShortcutKeyMask();
		final JMenu labels = new JMenu("Labels");
		item(labels, "Add Shown to ROI Manager", null, () -> window.tell(addToManager(list, classes, imp)));
		item(labels, "Take In Other Labels...", null, () -> takeIn(window, store, classes, imp));
		labels.addSeparator();
		item(labels, "Show Files", null, () -> JOptionPane.showMessageDialog(window, "Labels: " + store.roiFile() +
			"\nEvery change is kept beside it, in the journal.", "IVEA label", JOptionPane.PLAIN_MESSAGE));
		item(labels, "Close", KeyStroke.getKeyStroke(KeyEvent.VK_W, command), () -> window.end(""));
		final JMenu edit = new JMenu("Edit");
		item(edit, "Undo", KeyStroke.getKeyStroke(KeyEvent.VK_Z, command), actions::undo);
		item(edit, "Redo", KeyStroke.getKeyStroke(KeyEvent.VK_Y, command), actions::redo);
		edit.addSeparator();
		item(edit, "Take Class Back", null, actions::clear);
		item(edit, "Delete", null, actions::delete);
		final JMenu help = new JMenu("Help");
		item(help, "Keys", null, () -> JOptionPane.showMessageDialog(window, KEYS, "Keys", JOptionPane.PLAIN_MESSAGE));
		final JMenuBar bar = new JMenuBar();
		bar.add(labels);
		bar.add(edit);
		bar.add(help);
		return bar;
	}

	private static void item(final JMenu menu, final String title, final KeyStroke key, final Runnable work) {
		final JMenuItem item = new JMenuItem(title);
		item.setAccelerator(key);
		item.addActionListener(e -> work.run());
		menu.add(item);
	}

	/** Add what another person labelled; where both said something, what is here stays. */
	private static void takeIn(final LabelWindow window, final LabelStore store, final LabelClasses classes,
		final ImagePlus imp)
	{
		final OpenDialog dialog = new OpenDialog("ROI set of other labels");
		if (dialog.getFileName() == null) return;
		try {
			final Path file = Paths.get(dialog.getDirectory(), dialog.getFileName());
			final int added = store.take(file.getFileName().toString(), LabelSources.file(file, imp, classes), LabelCommand.FRAMES);
			window.taken();
			window.tell(added + (added == 1 ? " event was" : " events were") + " added; what is labelled here stayed as it was.");
		}
		catch (final EngineException e) {
			window.tell(e.getMessage());
		}
	}

	/** Put what is shown behind what the ROI Manager holds. */
	private static String addToManager(final LabelList list, final LabelClasses classes, final ImagePlus imp) {
		final List<Roi> rois = new ArrayList<>();
		for (int row = 0; row < list.size(); row++) {
			final Label label = list.get(row);
			rois.add(LabelRois.roi(label, classes, imp));
		}
		if (rois.isEmpty()) return "There is nothing to add.";
		final RoiManager manager = RoiManager.getInstance() == null ? new RoiManager() : RoiManager.getInstance();
		// With -1 names stay as they are.
		for (final Roi roi : rois) manager.add(roi, -1);
		manager.repaint();
		IJ.showStatus("IVEA: " + rois.size() + " ROIs added");
		return rois.size() + (rois.size() == 1 ? " ROI was" : " ROIs were") + " added to the ROI Manager.";
	}
}
