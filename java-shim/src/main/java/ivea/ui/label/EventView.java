package ivea.ui.label;

import ivea.label.Label;
import ivea.label.LabelClasses;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.util.function.IntConsumer;
import javax.swing.JComponent;
import javax.swing.Timer;

/** An event enlarged: a little movie that runs in a loop, and below it some of its frames side by side. */
final class EventView extends JComponent {

	/** Frames of the row, relative to the event. */
	private static final int[] TILES = { -6, -3, -1, 0, 1, 2, 4, 8, 16 };
	private static final int DELAY_MS = 90, GAP = 3;
	/** At the event the loop stands still for so many ticks, and the circle is shown so many frames around it. */
	private static final int REST = 4, RING = 1;
	private static final Color BACK = new Color(0x202225), TEXT = new Color(0xE8E8E8), FAINT = new Color(0x8A8F96);

	private final IntConsumer told;
	private final Timer timer = new Timer(DELAY_MS, e -> tick());
	private EventPixels.Patch patch;
	private BufferedImage[] pictures = new BufferedImage[0];
	private Label label;
	private int at;
	private int rest;

	/** @param told hears which frame is shown, from 1 */
	EventView(final IntConsumer told) {
		this.told = told;
		setPreferredSize(new Dimension(430, 400));
		setMinimumSize(new Dimension(240, 260));
		setOpaque(true);
	}

	/** Show an event whose pixels are not there yet; null shows nothing. */
	void await(final Label next) {
		if (label == null || next == null || next.id != label.id) pictures = new BufferedImage[0];
		label = next;
		repaint();
	}

	/** Show an event. */
	void show(final EventPixels.Patch pixels) {
		patch = pixels;
		label = pixels.label;
		pictures = Greys.of(pixels);
		at = 0;
		rest = 0;
		repaint();
	}

	/** Let the movie run, or stop it. */
	void run(final boolean on) {
		if (on) timer.start();
		else timer.stop();
	}

	/** Whether the movie runs. */
	boolean runs() {
		return timer.isRunning();
	}

	private void tick() {
		if (pictures.length == 0) return;
		if (rest > 0) {
			rest--;
			return;
		}
		at = (at + 1) % pictures.length;
		if (patch.first + at == label.frame) rest = REST;
		told.accept(patch.first + at);
		repaint();
	}

	@Override
	protected void paintComponent(final Graphics graphics) {
		final Graphics2D g = (Graphics2D) graphics.create();
		g.setColor(BACK);
		g.fillRect(0, 0, getWidth(), getHeight());
		g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
		g.setFont(getFont() == null ? new Font(Font.SANS_SERIF, Font.PLAIN, 12) : getFont().deriveFont(12f));
		final int tile = (getWidth() - GAP) / TILES.length - GAP, line = g.getFontMetrics().getHeight();
		final int row = tile + line + 2 * GAP;
		final int side = Math.max(1, Math.min(getWidth() - 2 * GAP, getHeight() - row - 2 * GAP));
		if (label == null) centred(g, "No event is shown.");
		else if (pictures.length == 0) centred(g, "Reading the movie...");
		else {
			paintMovie(g, (getWidth() - side) / 2, GAP, side, line);
			paintRow(g, getHeight() - row, tile, line);
		}
		g.dispose();
	}

	private void centred(final Graphics2D g, final String text) {
		g.setColor(FAINT);
		g.drawString(text, (getWidth() - g.getFontMetrics().stringWidth(text)) / 2, getHeight() / 2);
	}

	private void paintMovie(final Graphics2D g, final int left, final int top, final int side, final int line) {
		g.drawImage(pictures[at], left, top, side, side, null);
		final int offset = patch.first + at - label.frame;
		if (Math.abs(offset) <= RING) circle(g, left, top, side, 2f);
		g.setColor(new Color(0, 0, 0, 110));
		g.fillRect(left, top, side, line + 4);
		g.setColor(TEXT);
		g.drawString("frame " + (patch.first + at) + (offset == 0 ? "  event" : String.format("  %+d", offset)), left + 6,
			top + line - 1);
		final double step = (double) side / pictures.length;
		g.setColor(FAINT);
		g.fillRect(left, top + side - 3, (int) ((at + 1) * step), 3);
		g.setColor(Color.ORANGE);
		g.fillRect(left + (int) ((label.frame - patch.first) * step), top + side - 5, Math.max(2, (int) step), 5);
	}

	private void paintRow(final Graphics2D g, final int top, final int tile, final int line) {
		for (int i = 0; i < TILES.length; i++) {
			final int left = GAP + i * (tile + GAP), frame = label.frame + TILES[i] - patch.first;
			if (frame >= 0 && frame < pictures.length) {
				g.drawImage(pictures[frame], left, top, tile, tile, null);
				if (TILES[i] == 0) circle(g, left, top, tile, 1f);
			}
			final String text = TILES[i] == 0 ? "0" : String.format("%+d", TILES[i]);
			g.setColor(frame == at ? TEXT : FAINT);
			if (frame == at) g.drawRect(left - 1, top - 1, tile + 1, tile + 1);
			g.drawString(text, left + (tile - g.getFontMetrics().stringWidth(text)) / 2, top + tile + line - 2);
		}
	}

	/** The outline of the event in the colour of its class. */
	private void circle(final Graphics2D g, final int left, final int top, final int side, final float width) {
		final double scale = (double) side / patch.side, r = label.radius * scale;
		final double x = left + (label.x - patch.left + 0.5) * scale, y = top + (label.y - patch.top + 0.5) * scale;
		g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
		g.setStroke(new BasicStroke(width));
		g.setColor(label.classId() == null ? Color.WHITE : new Color(LabelClasses.colour(label.classId())));
		g.draw(new Ellipse2D.Double(x - r, y - r, 2 * r, 2 * r));
		g.setStroke(new BasicStroke(1f));
	}
}
