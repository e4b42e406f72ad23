package ivea.ui;

import ij.measure.ResultsTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a CSV file of the engine into a table of ImageJ that shows every number with the digits it has in the file.
 * ImageJ's own reader rounds, and takes a quoted comma for something else.
 */
public final class CsvTable {

	private static final int MOST_DIGITS = 9;

	private CsvTable() {}

	/** Read a file; its first row names the columns. Missing numbers become NaN, columns without any value stay blank. */
	static ResultsTable read(final String path) throws IOException {
		final List<List<String>> rows = rows(path);
		final List<String> names = rows.remove(0);
		final ResultsTable table = new ResultsTable(rows.size());
		for (int column = 0; column < names.size(); column++) {
			fill(table, names.get(column), rows, column);
		}
		return table;
	}

	/** Split a file into rows of cells. */
	static List<List<String>> rows(final String path) throws IOException {
		final String text = new String(Files.readAllBytes(Paths.get(path)), StandardCharsets.UTF_8);
		final List<List<String>> rows = new ArrayList<>();
		List<String> row = new ArrayList<>();
		final StringBuilder cell = new StringBuilder();
		boolean quoted = false;
		for (int i = 0; i < text.length(); i++) {
			final char c = text.charAt(i);
			if (c == '"' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') cell.append(text.charAt(++i));
			else if (c == '"') quoted = !quoted;
			else if (quoted || c != ',' && c != '\n' && c != '\r') cell.append(c);
			else if (c != '\r') {
				row.add(cell.toString());
				cell.setLength(0);
				if (c == '\n') {
					rows.add(row);
					row = new ArrayList<>();
				}
			}
		}
		if (rows.isEmpty()) throw new IOException("The table '" + path + "' is empty.");
		return rows;
	}

	/** The rows of a file, each by the names of its columns. */
	public static List<Map<String, String>> records(final String path) throws IOException {
		final List<List<String>> rows = rows(path);
		final List<String> names = rows.remove(0);
		final List<Map<String, String>> records = new ArrayList<>();
		for (final List<String> row : rows) {
			final Map<String, String> record = new LinkedHashMap<>();
			for (int i = 0; i < names.size(); i++) record.put(names.get(i), row.get(i));
			records.add(record);
		}
		return records;
	}

	private static void fill(final ResultsTable table, final String name, final List<List<String>> rows,
		final int column)
	{
		final int index = table.getFreeColumn(name);
		int digits = -1;
		boolean numbers = true;
		for (final List<String> row : rows) {
			final String text = row.get(column);
			if (text.isEmpty()) continue;
			numbers &= isNumber(text);
			digits = Math.max(digits, text.indexOf('.') < 0 ? 0 : text.length() - text.indexOf('.') - 1);
		}
		for (int row = 0; row < rows.size(); row++) {
			final String text = rows.get(row).get(column);
			if (!numbers || digits < 0) table.setValue(index, row, text);
			else table.setValue(index, row, text.isEmpty() ? Double.NaN : Double.parseDouble(text));
		}
		if (numbers) table.setDecimalPlaces(index, Math.min(Math.max(digits, 0), MOST_DIGITS));
	}

	private static boolean isNumber(final String text) {
		try {
			Double.parseDouble(text);
			return true;
		}
		catch (final NumberFormatException e) {
			return false;
		}
	}
}
