package ivea.ui;

import ij.IJ;
import ij.ImageJ;
import ij.macro.Interpreter;
import ivea.engine.EngineListener;
import java.awt.BorderLayout;
import java.awt.EventQueue;
import java.awt.GraphicsEnvironment;
import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JProgressBar;

/**
 * Progress in ImageJ's status bar, and in a small window with a Cancel button if a command takes longer. ESC in any
 * window of ImageJ cancels too. In batch mode and without a display no window appears.
 */
public final class StatusProgress implements EngineListener, AutoCloseable {

	private static final long WINDOW_AFTER_MS = 700;

	private final String title;
	private final boolean quiet = GraphicsEnvironment.isHeadless() || Interpreter.isBatchMode() ||
		IJ.getInstance() == null;
	private final long start = System.currentTimeMillis();
	private volatile boolean cancelled;
	private boolean visible;
	// Only touched on the event thread.
	private final JProgressBar bar = quiet ? null : new JProgressBar(0, 1000);
	private JFrame window;
	private boolean closed;

	public StatusProgress(final String title) {
		this.title = title;
		IJ.resetEscape();
		IJ.showStatus(title + "...");
	}

	@Override
	public void progress(final String message, final long current, final long maximum) {
		IJ.showStatus(title + ": " + message);
		if (maximum > 0) IJ.showProgress((double) current / maximum);
		if (!quiet) EventQueue.invokeLater(() -> show(message, current, maximum));
	}

	@Override
	public boolean cancelRequested() {
		// Asked many times a second, also before a command tells about its progress.
		if (!quiet && !visible && System.currentTimeMillis() - start > WINDOW_AFTER_MS) {
			visible = true;
			EventQueue.invokeLater(this::open);
		}
		return cancelled || IJ.escapePressed();
	}

	@Override
	public void close() {
		IJ.showProgress(1.0);
		if (quiet) return;
		EventQueue.invokeLater(() -> {
			closed = true;
			if (window != null) window.dispose();
		});
	}

	private void show(final String message, final long current, final long maximum) {
		bar.setIndeterminate(maximum <= 0);
		if (maximum > 0) bar.setValue((int) (bar.getMaximum() * current / maximum));
		bar.setString(message);
	}

	private void open() {
		if (closed) return;
		bar.setStringPainted(true);
		final JButton cancel = new JButton("Cancel");
		cancel.addActionListener(e -> {
			cancelled = true;
			cancel.setEnabled(false);
			cancel.setText("Stopping...");
		});
		final JPanel panel = new JPanel(new BorderLayout(8, 8));
		panel.setBorder(BorderFactory.createEmptyBorder(10, 12, 10, 12));
		panel.add(new JLabel(title), BorderLayout.NORTH);
		panel.add(bar, BorderLayout.CENTER);
		panel.add(cancel, BorderLayout.EAST);
		window = new JFrame("IVEA");
		// Typing goes on in the window where the user is.
		window.setFocusableWindowState(false);
		window.setDefaultCloseOperation(JFrame.DO_NOTHING_ON_CLOSE);
		window.add(panel);
		window.setSize(420, 105);
		final ImageJ ij = IJ.getInstance();
		window.setLocation(ij.getX(), ij.getY() + ij.getHeight() + 4);
		window.setVisible(true);
	}
}
