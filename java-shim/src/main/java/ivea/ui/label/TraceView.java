package ivea.ui.label;

import ivea.label.Label;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import javax.swing.JComponent;

/** Brightness of an event over its background, with the frame that is being shown. */
final class TraceView extends JComponent {

	private static final int LEFT = 52, RIGHT = 8, TOP = 18, BOTTOM = 20;
	private static final Color INK = new Color(0x222222), FAINT = new Color(0x767676), LINE = new Color(0x0072B2),
			MARK = new Color(0xE69F00), CURSOR = new Color(0xC8C8C8);

	private EventPixels.Trace trace;
	private int frame;

	TraceView() {
		setPreferredSize(new Dimension(430, 120));
		setMinimumSize(new Dimension(200, 100));
		setOpaque(true);
	}

	/** Show a trace, or none while it is read. */
	void show(final EventPixels.Trace next) {
		trace = next;
		repaint();
	}

	/** Forget the trace if it is of another label. */
	void await(final Label label) {
		if (trace != null && (label == null || trace.label.id != label.id)) show(null);
	}

	/** Mark the frame that is shown elsewhere, from 1. */
	void cursor(final int shown) {
		frame = shown;
		repaint();
	}

	@Override
	protected void paintComponent(final Graphics graphics) {
		final Graphics2D g = (Graphics2D) graphics.create();
		g.setColor(Color.WHITE);
		g.fillRect(0, 0, getWidth(), getHeight());
		g.setFont(getFont() == null ? g.getFont() : getFont().deriveFont(11f));
		g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
		g.setColor(INK);
		g.drawString("Intensity over background (counts)", LEFT - 44, 13);
		if (trace != null) paintTrace(g);
		g.dispose();
	}

	private void paintTrace(final Graphics2D g) {
		double low = 0, high = 1e-9;
		for (final double value : trace.values) {
			if (Double.isNaN(value)) continue;
			low = Math.min(low, value);
			high = Math.max(high, value);
		}
		final int width = getWidth() - LEFT - RIGHT, height = getHeight() - TOP - BOTTOM;
		final double perFrame = (double) width / Math.max(1, trace.values.length - 1), perCount = height / (high - low);
		final int zero = (int) (TOP + high * perCount), event = (int) (LEFT + (trace.label.frame - trace.first) * perFrame);
		g.setColor(CURSOR);
		g.drawLine(LEFT, zero, LEFT + width, zero);
		if (frame >= trace.first && frame < trace.first + trace.values.length) {
			final int at = (int) (LEFT + (frame - trace.first) * perFrame);
			g.fillRect(at - 1, TOP, 3, height);
		}
		g.setColor(MARK);
		g.setStroke(new BasicStroke(1f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] { 4, 3 }, 0));
		g.drawLine(event, TOP, event, TOP + height);
		g.setStroke(new BasicStroke(1.4f));
		g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
		g.setColor(LINE);
		g.draw(line(perFrame, perCount, high));
		paintNumbers(g, low, high, zero, height, width);
	}

	private Path2D line(final double perFrame, final double perCount, final double high) {
		final Path2D line = new Path2D.Double();
		boolean drawn = false;
		for (int i = 0; i < trace.values.length; i++) {
			if (Double.isNaN(trace.values[i])) {
				drawn = false;
				continue;
			}
			final double x = LEFT + i * perFrame, y = TOP + (high - trace.values[i]) * perCount;
			if (drawn) line.lineTo(x, y);
			else line.moveTo(x, y);
			drawn = true;
		}
		return line;
	}

	private void paintNumbers(final Graphics2D g, final double low, final double high, final int zero, final int height,
		final int width)
	{
		g.setColor(FAINT);
		right(g, number(high), TOP + 9);
		if (zero - TOP > 22) right(g, "0", Math.min(zero + 4, TOP + height));
		if (low < 0 && TOP + height - zero > 22) right(g, number(low), TOP + height);
		final int base = getHeight() - 6, last = trace.first + trace.values.length - 1;
		g.drawString("frame " + trace.first, LEFT, base);
		final String end = String.valueOf(last);
		g.drawString(end, LEFT + width - g.getFontMetrics().stringWidth(end), base);
		final String event = String.valueOf(trace.label.frame);
		final int x = (int) (LEFT + (double) width * (trace.label.frame - trace.first) / Math.max(1, trace.values.length -
			1));
		if (x - LEFT > 70 && LEFT + width - x > 45) {
			g.setColor(INK);
			g.drawString(event, x - g.getFontMetrics().stringWidth(event) / 2, base);
		}
	}

	private static void right(final Graphics2D g, final String text, final int y) {
		g.drawString(text, LEFT - 6 - g.getFontMetrics().stringWidth(text), y);
	}

	private static String number(final double value) {
		return Math.abs(value) >= 10 ? String.valueOf(Math.round(value)) : String.format("%.2f", value);
	}
}
