package ivea.ui;

import ij.IJ;
import ij.gui.Plot;
import ivea.engine.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The course of one event as a plot, drawn from the trace table. */
final class TracePlot {

	private TracePlot() {}

	/** Plot the rows of one event. */
	static void show(final Reply.Table traces, final String event) throws IOException {
		if (event.isEmpty()) {
			IJ.showMessage("IVEA", "Click on an event in the table first.");
			return;
		}
		final List<List<String>> rows = CsvTable.rows(traces.path);
		final List<String> names = rows.remove(0);
		final List<Double> times = new ArrayList<>();
		final List<Double> values = new ArrayList<>();
		final boolean seconds = hasValue(rows, names.indexOf("offset_s"));
		final int time = names.indexOf(seconds ? "offset_s" : "offset_frames");
		for (final List<String> row : rows) {
			final String value = row.get(names.indexOf("df"));
			if (!row.get(names.indexOf("event")).equals(event) || value.isEmpty()) continue;
			times.add(Double.valueOf(row.get(time)));
			values.add(Double.valueOf(value));
		}
		final Plot plot = new Plot(traces.title + ", event " + event, seconds ? "Time from peak (s)" :
			"Frames from peak", "Intensity over background (counts)");
		plot.setColor("blue");
		plot.add("connected circle", array(times), array(values));
		plot.show();
	}

	private static boolean hasValue(final List<List<String>> rows, final int column) {
		return !rows.isEmpty() && !rows.get(0).get(column).isEmpty();
	}

	private static double[] array(final List<Double> values) {
		return values.stream().mapToDouble(Double::doubleValue).toArray();
	}
}
