package ivea.ui.label;

import java.awt.KeyEventDispatcher;
import java.awt.KeyboardFocusManager;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.util.HashMap;
import java.util.Map;
import javax.swing.MenuSelectionManager;

/**
 * The keys of the label window, whatever in it has the focus. Classes go by the character that is typed, so that they
 * are where the keyboard says, and a key that is held down counts once.
 */
final class LabelKeys implements KeyEventDispatcher, AutoCloseable {

	/** Frames a system may take to tell the end and the next begin of a key that is held, ms. */
	private static final long SAME_PRESS_MS = 2;
	private static final int NO_TYPING = InputEvent.CTRL_DOWN_MASK | InputEvent.META_DOWN_MASK | InputEvent.ALT_DOWN_MASK;

	private final Window window;
	private final LabelActions actions;
	private final Map<Integer, Long> released = new HashMap<>();
	private final Map<Integer, Boolean> down = new HashMap<>();
	private boolean repeated;

	LabelKeys(final Window window, final LabelActions actions) {
		this.window = window;
		this.actions = actions;
		KeyboardFocusManager.getCurrentKeyboardFocusManager().addKeyEventDispatcher(this);
	}

	@Override
	public void close() {
		KeyboardFocusManager.getCurrentKeyboardFocusManager().removeKeyEventDispatcher(this);
	}

	@Override
	public boolean dispatchKeyEvent(final KeyEvent e) {
		// Open menus have their own use for arrows and letters.
		if (KeyboardFocusManager.getCurrentKeyboardFocusManager().getFocusedWindow() != window || MenuSelectionManager
			.defaultManager().getSelectedPath().length > 0) return false;
		switch (e.getID()) {
			case KeyEvent.KEY_PRESSED:
				repeated = Boolean.TRUE.equals(down.put(e.getKeyCode(), true)) || e.getWhen() - released.getOrDefault(e
					.getKeyCode(), 0L) <= SAME_PRESS_MS;
				return pressed(e);
			case KeyEvent.KEY_RELEASED:
				down.remove(e.getKeyCode());
				released.put(e.getKeyCode(), e.getWhen());
				return false;
			default:
				return typed(e);
		}
	}

	private boolean pressed(final KeyEvent e) {
		final boolean shift = e.isShiftDown();
		if ((e.getModifiersEx() & NO_TYPING) != 0) return false;
		switch (e.getKeyCode()) {
			case KeyEvent.VK_UP:
			case KeyEvent.VK_DOWN:
				if (shift) actions.extend(e.getKeyCode() == KeyEvent.VK_UP ? -1 : 1);
				else actions.move(e.getKeyCode() == KeyEvent.VK_UP ? -1 : 1);
				return true;
			case KeyEvent.VK_LEFT:
			case KeyEvent.VK_RIGHT:
				final int step = e.getKeyCode() == KeyEvent.VK_LEFT ? -1 : 1;
				if (shift) actions.stepFrame(step);
				else actions.move(step);
				return true;
			case KeyEvent.VK_ENTER:
				if (!repeated) actions.askClass();
				return true;
			case KeyEvent.VK_F11:
			case KeyEvent.VK_DELETE:
				if (!repeated) actions.delete();
				return true;
			case KeyEvent.VK_SPACE:
				// It is typed too; the table would change what is chosen.
				return true;
			default:
				return false;
		}
	}

	private boolean typed(final KeyEvent e) {
		if ((e.getModifiersEx() & NO_TYPING) != 0 || repeated) return false;
		return actions.typed(e.getKeyChar());
	}
}
