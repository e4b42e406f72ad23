package ivea.ui;

import ij.IJ;
import ij.gui.GenericDialog;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.TextField;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Vector;

/**
 * The dialog of a command in plain ImageJ, made from its script's header.
 *
 * <p>Fields are read from the components and not by {@code getNext...}, which would record them under keys that Fiji
 * does not know.
 */
final class CommandDialog {

	private static final int TEXT_COLUMNS = 20;
	private static final int NUMBER_COLUMNS = 8;
	/** Longer dialogs get two columns, still longer ones three, or their buttons would be below a laptop's screen. */
	private static final int MOST_ROWS = 16;
	private static final int MOST_PAIRS = 30;

	private final ScriptHeader header;
	private final List<ScriptHeader.Parameter> shown;
	private Map<String, Object> values = new LinkedHashMap<>();
	/** Field of the model whose classes are meant. */
	private TextField model;

	CommandDialog(final ScriptHeader header) {
		this.header = header;
		shown = new ArrayList<>(header.parameters());
		if (shown.size() > MOST_ROWS) shown.sort(Comparator.comparing(p -> isWide(p) ? 1 : p.isFlag() ? 2 : 0));
		for (final ScriptHeader.Parameter parameter : header.parameters()) {
			values.put(parameter.name(), parameter.initial());
		}
	}

	/** Ask until every field can be used; return a text for every parameter, or null if the user cancels. */
	Map<String, Object> ask() {
		while (!header.parameters().isEmpty()) {
			final GenericDialog dialog = build();
			dialog.showDialog();
			if (dialog.wasCanceled()) {
				return null;
			}
			values = read(dialog);
			final String fault = fault();
			if (fault == null) break;
			IJ.showMessage("IVEA", fault);
		}
		for (final ScriptHeader.Parameter parameter : header.parameters()) {
			values.compute(parameter.name(), (name, text) -> parameter.normal(String.valueOf(text)));
		}
		return values;
	}

	private GenericDialog build() {
		final GenericDialog dialog = new GenericDialog(header.title());
		int column = 0;
		ScriptHeader.Parameter before = null;
		for (final ScriptHeader.Parameter parameter : shown) {
			column = alike(before, parameter) ? (column + 1) % columns() : 0;
			if (column > 0) dialog.addToSameRow();
			add(dialog, parameter, String.valueOf(values.get(parameter.name())));
			before = parameter;
		}
		dialog.addHelp(help());
		return dialog;
	}

	private int columns() {
		return shown.size() > MOST_PAIRS ? 3 : shown.size() > MOST_ROWS ? 2 : 1;
	}

	/** Whether two parameters may share a row. */
	private static boolean alike(final ScriptHeader.Parameter one, final ScriptHeader.Parameter next) {
		return one != null && !isWide(one) && !isWide(next) && one.isFlag() == next.isFlag();
	}

	private static boolean isWide(final ScriptHeader.Parameter parameter) {
		return !parameter.isFlag() && !parameter.isNumber() && parameter.choices().isEmpty();
	}

	private void add(final GenericDialog dialog, final ScriptHeader.Parameter parameter, final String value) {
		if (parameter.isFlag()) {
			dialog.setInsets(5, 20, 0);
			dialog.addCheckbox(parameter.label(), Boolean.parseBoolean(value));
		}
		else if (!parameter.choices().isEmpty()) {
			dialog.addChoice(parameter.label(), parameter.choices().toArray(new String[0]), value);
		}
		else if (parameter.isFolder()) dialog.addDirectoryField(parameter.label(), value, TEXT_COLUMNS);
		else if (parameter.isFile()) dialog.addFileField(parameter.label(), value, TEXT_COLUMNS);
		else {
			dialog.addStringField(parameter.label(), value, parameter.isNumber() ? NUMBER_COLUMNS : TEXT_COLUMNS);
			offer(dialog, parameter, (TextField) dialog.getStringFields().lastElement());
		}
	}

	/** Put a button beside a field whose texts the engine knows. */
	private void offer(final GenericDialog dialog, final ScriptHeader.Parameter parameter, final TextField field) {
		if (parameter.isModel()) {
			model = field;
			ModelChooser.offerModels(dialog, field, parameter.module());
		}
		else if (parameter.isClasses() && model != null) ModelChooser.offerClasses(dialog, field, model);
	}

	private Map<String, Object> read(final GenericDialog dialog) {
		final Iterator<?> checkboxes = each(dialog.getCheckboxes());
		final Iterator<?> choices = each(dialog.getChoices());
		final Iterator<?> texts = each(dialog.getStringFields());
		// In the order of the header, which is that of the recorded line.
		final Map<String, Object> read = new LinkedHashMap<>(values);
		for (final ScriptHeader.Parameter parameter : shown) {
			if (parameter.isFlag()) {
				read.put(parameter.name(), String.valueOf(((Checkbox) checkboxes.next()).getState()));
			}
			else if (!parameter.choices().isEmpty()) {
				read.put(parameter.name(), ((Choice) choices.next()).getSelectedItem());
			}
			else {
				read.put(parameter.name(), ((TextField) texts.next()).getText().trim());
			}
		}
		return read;
	}

	private static Iterator<?> each(final Vector<?> components) {
		return (components == null ? new Vector<Object>() : components).iterator();
	}

	private String fault() {
		for (final ScriptHeader.Parameter parameter : header.parameters()) {
			final String fault = parameter.fault(String.valueOf(values.get(parameter.name())));
			if (fault != null) {
				return fault;
			}
		}
		return null;
	}

	private String help() {
		final StringBuilder html = new StringBuilder("<html><h2>" + escaped(header.title()) + "</h2><dl>");
		for (final ScriptHeader.Parameter parameter : header.parameters()) {
			html.append("<dt><b>").append(escaped(parameter.label())).append("</b> (<code>").append(parameter.name())
					.append("</code>)</dt><dd>").append(escaped(parameter.description())).append("</dd>");
		}
		return html.append("</dl></html>").toString();
	}

	private static String escaped(final String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;");
	}
}
