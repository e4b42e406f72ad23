package ivea.ui;

import ij.IJ;
import ij.gui.GenericDialog;
import ivea.engine.Cancelled;
import ivea.engine.Engine;
import ivea.engine.EngineException;
import ivea.engine.EngineListener;
import ivea.engine.Reply;
import ivea.engine.RoiChoice;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.EventQueue;
import java.awt.FlowLayout;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Panel;
import java.awt.TextField;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The button beside a field for a model, or for the classes of one, that lets people choose among those there are. The
 * field takes any text all the same: a model may be a folder, too. The engine is asked when the button is pressed and
 * not before, so that the dialog need not wait for it.
 */
final class ModelChooser {

	private static final String BUTTON = "List", TITLE = "IVEA models", ALL = "all";

	private final TextField field;
	private final Button button = new Button(BUTTON);

	private ModelChooser(final GenericDialog dialog, final TextField field) {
		this.field = field;
		final GridBagLayout layout = (GridBagLayout) dialog.getLayout();
		final GridBagConstraints constraints = layout.getConstraints(field);
		// As ImageJ puts its own Browse buttons.
		final Panel panel = new Panel(new FlowLayout(FlowLayout.LEFT, 0, 0));
		panel.add(field);
		panel.add(button);
		dialog.add(panel, constraints);
	}

	/**
	 * Offer models beside the last text field of a dialog.
	 *
	 * @param module 'random' or 'stationary', empty for all
	 */
	static void offerModels(final GenericDialog dialog, final TextField field, final String module) {
		final ModelChooser chooser = new ModelChooser(dialog, field);
		chooser.onPress(() -> chooser.chooseModel(module));
	}

	/** Offer the classes of the model that another field names. */
	static void offerClasses(final GenericDialog dialog, final TextField field, final TextField model) {
		final ModelChooser chooser = new ModelChooser(dialog, field);
		chooser.onPress(() -> chooser.chooseClasses(model.getText().trim()));
	}

	private interface Asking {

		void ask() throws EngineException, Cancelled, IOException;
	}

	/** The event thread must not wait, or the dialog could not be closed. */
	private void onPress(final Asking asking) {
		button.addActionListener(e -> {
			button.setEnabled(false);
			new Thread(() -> {
				try {
					asking.ask();
				}
				catch (final Cancelled closed) {
					// With the dialog the question is gone.
				}
				catch (final EngineException | IOException problem) {
					IJ.showMessage("IVEA", problem.getMessage());
				}
				finally {
					EventQueue.invokeLater(() -> button.setEnabled(true));
				}
			}, "IVEA models").start();
		});
	}

	private void chooseModel(final String module) throws EngineException, Cancelled, IOException {
		final List<String> names = new ArrayList<>(), shown = new ArrayList<>();
		for (final Map<String, String> model : models()) {
			if (!module.isEmpty() && !module.equals(model.get("module"))) continue;
			names.add(model.get("model"));
			shown.add(model.get("model") + ": " + model.get("title"));
		}
		if (names.isEmpty()) throw new EngineException("There is no model for this; install IVEA again.");
		final int now = Math.max(0, names.indexOf(field.getText().trim()));
		final GenericDialog dialog = new GenericDialog(TITLE);
		dialog.addChoice("Model", shown.toArray(new String[0]), shown.get(now));
		dialog.showDialog();
		if (!dialog.wasCanceled()) tell(names.get(((Choice) dialog.getChoices().get(0)).getSelectedIndex()));
	}

	private void chooseClasses(final String model) throws EngineException, Cancelled, IOException {
		final List<String> classes = classes(model);
		final TreeSet<String> now = new TreeSet<>(Arrays.asList(field.getText().trim().split("\\s*,\\s*")));
		final GenericDialog dialog = new GenericDialog(TITLE);
		dialog.addMessage("Classes that " + model + " reports");
		for (final String name : classes) dialog.addCheckbox(name, now.contains(ALL) || now.contains(name));
		dialog.showDialog();
		if (dialog.wasCanceled()) return;
		final List<String> chosen = new ArrayList<>();
		for (int i = 0; i < classes.size(); i++) {
			if (((Checkbox) dialog.getCheckboxes().get(i)).getState()) chosen.add(classes.get(i));
		}
		// Without any there would be nothing to look for.
		tell(chosen.isEmpty() || chosen.size() == classes.size() ? ALL : String.join(", ", chosen));
	}

	private List<String> classes(final String name) throws EngineException, Cancelled, IOException {
		for (final Map<String, String> model : models()) {
			if (name.equals(model.get("model")) || name.equals(model.get("folder"))) {
				return Arrays.asList(model.get("classes").split(" "));
			}
		}
		throw new EngineException("The model '" + name + "' is not among those that are listed; choose one first, or type " +
			"the names of its classes.");
	}

	private void tell(final String text) {
		EventQueue.invokeLater(() -> field.setText(text));
	}

	/** What the engine knows of every model, by column. */
	private List<Map<String, String>> models() throws EngineException, Cancelled, IOException {
		final Reply reply = Engine.get().run("manage_models", Collections.singletonMap("action", "list"), null,
			RoiChoice.NONE, new EngineListener()
			{

				@Override
				public void progress(final String message, final long current, final long maximum) {
					IJ.showStatus("IVEA: " + message);
				}

				@Override
				public boolean cancelRequested() {
					return !button.isShowing();
				}
			});
		final Path table = Paths.get(reply.tables().get(0).path);
		try {
			return CsvTable.records(table.toString());
		}
		finally {
			Files.deleteIfExists(table);
			Files.deleteIfExists(Paths.get(reply.folder()));
		}
	}
}
