import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.ImageCanvas;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import ij.text.TextPanel;
import ij.text.TextWindow;
import java.awt.AWTEvent;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.Frame;
import java.awt.Label;
import java.awt.Menu;
import java.awt.MenuBar;
import java.awt.MenuItem;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextArea;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.awt.event.WindowEvent;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import javax.swing.JButton;
import javax.swing.JFileChooser;
import javax.swing.JComboBox;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JSlider;
import javax.swing.JTable;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

/**
 * A real ImageJ on a (virtual) screen, worked from outside: one order per line, words separated by tabs; one answer per
 * line, cells separated by tabs, "ok" or "error" first. Menus, dialogs, tables and keys are used as a person would.
 */
public class Stage {
    private static final int PATIENCE_MS = 200_000;
    private static final PrintStream ANSWERS = System.out;

    public static void main(String[] args) throws Exception {
        System.setOut(System.err);
        new ImageJ();
        answer("ok", "ready");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] words = line.split("\t", -1);
            for (int i = 0; i < words.length; i++) {
                words[i] = words[i].replace("\\n", "\n").replace("\\t", "\t");
            }
            try {
                List<String> cells = obey(words);
                cells.add(0, "ok");
                answer(cells.toArray(new String[0]));
            } catch (Throwable e) {
                e.printStackTrace();
                answer("error", String.valueOf(e));
            }
        }
        System.exit(0);
    }

    private static void answer(String... cells) {
        for (int i = 0; i < cells.length; i++) {
            cells[i] = String.valueOf(cells[i]).replace("\t", "\\t").replace("\n", "\\n");
        }
        ANSWERS.println(String.join("\t", cells));
        ANSWERS.flush();
    }

    private static List<String> obey(String[] w) throws Exception {
        switch (w[0]) {
            case "open": IJ.open(w[1]); return cells(WindowManager.getCurrentImage().getTitle());
            case "menu": return menu(w[1], w[2]);
            case "start": IJ.doCommand(w[1]); return cells();
            case "dialog": return dialog(w[1]);
            case "set": set(w[1], w[2], w[3]); return cells();
            case "press": press(w[1], w[2]); return cells();
            case "browse": browse(w[1], w[2], w[3]); return cells();
            case "beside": beside(w[1], w[2]); return cells();
            case "file": file(w[1]); return cells();
            case "table": return table(w[1]);
            case "click": click(w[1], Integer.parseInt(w[2])); return cells();
            case "arrow": arrow(w[1], w[2].equals("down") ? KeyEvent.VK_DOWN : KeyEvent.VK_UP); return cells();
            case "choose": choose(w[1], w[2], w[3]); return cells();
            case "image": return image(w.length > 1 ? w[1] : null);
            case "rois": return rois();
            case "recorder": return cells(Recorder.getInstance().getText());
            case "macro": return cells(String.valueOf(IJ.runMacro(w[1])));
            case "background": new Thread(() -> IJ.runMacro(w[1]), "macro").start(); return cells();
            case "log": return cells(String.valueOf(IJ.getLog()));
            case "status": return cells(status());
            case "windows": return windows();
            case "escape": escape(); return cells();
            case "where": return cells(window(w[1]).getX(), window(w[1]).getY(), window(w[1]).getWidth(),
                window(w[1]).getHeight());
            case "clean": clean(); return cells();
            case "close": close(w[1]); return cells();
            case "place": place(w); return cells();
            case "front": window(w[1]).toFront(); return cells();
            case "shot": shot(w); return cells();
            case "keys": keys(w); return cells();
            case "rows": return rows(w[1]);
            case "named": return cells(((JLabel) named(window(w[1]), w[2])).getText());
            case "pick": pick(w[1], w[2], w[3]); return cells();
            case "slide": slide(w[1], w[2], Integer.parseInt(w[3])); return cells();
            case "point": point(w[1], Double.parseDouble(w[2]), Double.parseDouble(w[3])); return cells();
            case "pace": return pace(w[1], Integer.parseInt(w[2]));
            case "wait": IJ.wait(Integer.parseInt(w[1])); return cells();
            default: throw new IllegalArgumentException(w[0]);
        }
    }

    private static List<String> cells(Object... values) {
        List<String> cells = new ArrayList<>();
        for (Object value : values) {
            cells.add(String.valueOf(value));
        }
        return cells;
    }

    /** The items of a submenu of a menu. */
    private static List<String> menu(String name, String submenu) {
        List<String> items = new ArrayList<>();
        MenuBar bar = Menus.getMenuBar();
        for (int i = 0; i < bar.getMenuCount(); i++) {
            Menu menu = bar.getMenu(i);
            for (int j = 0; menu.getLabel().equals(name) && j < menu.getItemCount(); j++) {
                if (menu.getItem(j).getLabel().equals(submenu)) {
                    Menu inner = (Menu) menu.getItem(j);
                    for (int k = 0; k < inner.getItemCount(); k++) {
                        items.add(inner.getItem(k).getLabel());
                    }
                }
            }
        }
        return items;
    }

    // ------------------------------------------------------------------ dialogs

    private static Dialog openDialog(String title) {
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end; IJ.wait(20)) {
            for (Window window : Window.getWindows()) {
                if (window instanceof Dialog && window.isVisible() && title.equals(title(window))) {
                    return (Dialog) window;
                }
            }
        }
        throw new IllegalStateException("no dialog " + title + " among " + windows());
    }

    /** Waits for a dialog; "label=value" of each field and every text, in order. */
    private static List<String> dialog(String title) {
        List<String> found = cells();
        walk(openDialog(title), new String[1],
            (label, part) -> found.add(label == null ? text(part) : label + "=" + text(part)));
        return found;
    }

    private interface Visitor {
        void visit(String label, Component part);
    }

    private static void walk(Container container, String[] label, Visitor visitor) {
        for (Component part : container.getComponents()) {
            if (part instanceof Label) {
                label[0] = ((Label) part).getText();
            } else if (part instanceof Checkbox) {
                visitor.visit(((Checkbox) part).getLabel(), part);
            } else if (part instanceof TextField || part instanceof Choice) {
                visitor.visit(label[0], part);
            } else if (part.getClass().getSimpleName().equals("MultiLineLabel") || part instanceof TextArea) {
                visitor.visit(null, part);
            } else if (part instanceof Container) {
                walk((Container) part, label, visitor);
            }
        }
    }

    private static String text(Component part) {
        if (part instanceof Checkbox) {
            return String.valueOf(((Checkbox) part).getState());
        }
        if (part instanceof Choice) {
            return ((Choice) part).getSelectedItem();
        }
        if (part instanceof TextField || part instanceof TextArea) {
            return ((java.awt.TextComponent) part).getText();
        }
        try {
            java.lang.reflect.Field lines = part.getClass().getDeclaredField("lines");
            lines.setAccessible(true);
            return String.join("\n", (String[]) lines.get(part));
        } catch (ReflectiveOperationException e) {
            return "?";
        }
    }

    private static void set(String title, String name, String value) {
        boolean[] done = new boolean[1];
        walk(openDialog(title), new String[1], (label, part) -> {
            if (!name.equals(label)) {
                return;
            }
            done[0] = true;
            if (part instanceof Checkbox) {
                ((Checkbox) part).setState(Boolean.parseBoolean(value));
            } else if (part instanceof Choice) {
                ((Choice) part).select(value);
            } else {
                ((TextField) part).setText(value);
            }
        });
        if (!done[0]) {
            throw new IllegalArgumentException("no field " + name);
        }
    }

    /** Press a button of a window and, if it is a dialog, wait until it is gone. */
    private static void press(String title, String label) {
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end; IJ.wait(20)) {
            for (Window window : Window.getWindows()) {
                if (!window.isVisible() || !title.equals(title(window))) continue;
                // A dialog that is closed in the moment it appears, before it waits, waits for ever (of AWT, not ours).
                if (window instanceof Dialog) IJ.wait(150);
                if (press(window, label)) {
                    while (window instanceof Dialog && window.isVisible() && System.currentTimeMillis() < end) {
                        IJ.wait(10);
                    }
                    return;
                }
            }
        }
        throw new IllegalStateException("no button " + label + " in " + title + " among " + windows());
    }

    /** Choose a file or folder by the button beside a field. */
    private static void browse(String title, String name, String path) throws Exception {
        // The field is filled only after the window has gone, and a window that was still listing its folder when it was
        // answered may give nothing: then it is opened once more.
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end;) {
            TextField field = (TextField) beside(title, name);
            String before = field.getText();
            file(path);
            for (int k = 0; k < 1000; k++, IJ.wait(20)) {
                if (!field.getText().equals(before)) {
                    return;
                }
            }
        }
        throw new IllegalStateException("nothing came into the field " + name);
    }

    /** Press the button beside a field, and return the field. */
    private static Component beside(String title, String name) {
        Button[] found = new Button[1];
        Component[] field = new Component[1];
        walk(openDialog(title), new String[1], (label, part) -> {
            for (Component beside : name.equals(label) ? part.getParent().getComponents() : new Component[0]) {
                found[0] = beside instanceof Button ? (Button) beside : found[0];
                field[0] = part;
            }
        });
        IJ.wait(150); // as for the buttons below a dialog
        send(found[0], new ActionEvent(found[0], ActionEvent.ACTION_PERFORMED, found[0].getActionCommand()));
        return field[0];
    }

    /** Type a path into the window that asks for a file or folder, and confirm. */
    private static void file(String path) throws Exception {
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end; IJ.wait(20)) {
            for (Window window : Window.getWindows()) {
                JFileChooser chooser = window.isShowing() ? inside(window, JFileChooser.class) : null;
                if (chooser != null) {
                    settle(new Robot()); // it lists its folder first
                    EventQueue.invokeLater(() -> {
                        inside(chooser, JTextField.class).setText(path);
                        chooser.getUI().getDefaultButton(chooser).doClick();
                    });
                    while (window.isShowing() && System.currentTimeMillis() < end) {
                        IJ.wait(10);
                    }
                    settle(new Robot());
                    return;
                }
            }
        }
        throw new IllegalStateException("nothing asks for a file among " + windows());
    }

    /** The first part of a kind, however deep. */
    private static <T> T inside(Container container, Class<T> kind) {
        for (Component part : container.getComponents()) {
            T found = kind.isInstance(part) ? kind.cast(part)
                : part instanceof Container ? inside((Container) part, kind) : null;
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static boolean press(Container container, String label) {
        for (Component part : container.getComponents()) {
            if (part instanceof Button && ((Button) part).getLabel().trim().equals(label)) {
                send(part, new ActionEvent(part, ActionEvent.ACTION_PERFORMED, ((Button) part).getActionCommand()));
                return true;
            }
            if (part instanceof JButton && ((JButton) part).getText().equals(label)) {
                SwingUtilities.invokeLater(((JButton) part)::doClick);
                return true;
            }
            if (part instanceof Container && press((Container) part, label)) {
                return true;
            }
        }
        return false;
    }

    private static void send(Component part, AWTEvent event) {
        Toolkit.getDefaultToolkit().getSystemEventQueue().postEvent(event);
    }

    // ------------------------------------------------------------------ tables

    private static TextPanel panel(String title) {
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end; IJ.wait(20)) {
            Frame frame = WindowManager.getFrame(title);
            TextPanel panel = frame instanceof TextWindow ? ((TextWindow) frame).getTextPanel() : null;
            ResultsTable table = panel == null ? null : panel.getResultsTable();
            // Not before its last row is there: ImageJ writes rows with a buffer that reading them would disturb.
            if (table != null && panel.getLineCount() == table.size()) {
                return panel;
            }
        }
        throw new IllegalStateException("no table " + title);
    }

    /** Headings, then each row, tab-separated, as shown. */
    private static List<String> table(String title) {
        ResultsTable table = panel(title).getResultsTable();
        List<String> rows = cells(table.getColumnHeadings());
        for (int i = 0; i < table.size(); i++) {
            rows.add(table.getRowAsString(i));
        }
        return rows;
    }

    private static void click(String title, int row) throws Exception {
        TextPanel panel = panel(title);
        Component canvas = panel.getComponent(0);
        for (int i = 0; i < panel.getComponentCount(); i++) {
            if (panel.getComponent(i).getClass().getSimpleName().equals("TextCanvas")) {
                canvas = panel.getComponent(i);
            }
        }
        window(title).toFront();
        IJ.wait(150);
        int y = 0;
        while (panel.rowIndex(y) != row) {
            y++;
        }
        Point at = canvas.getLocationOnScreen();
        Robot robot = new Robot();
        robot.mouseMove(at.x + 30, at.y + y + 4);
        robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
        robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
        settle(robot);
    }

    private static void arrow(String title, int key) throws Exception {
        Window window = window(title);
        long now = System.currentTimeMillis();
        send(window, new KeyEvent(window, KeyEvent.KEY_PRESSED, now, 0, key, KeyEvent.CHAR_UNDEFINED));
        send(window, new KeyEvent(window, KeyEvent.KEY_RELEASED, now, 0, key, KeyEvent.CHAR_UNDEFINED));
        settle(new Robot());
    }

    private static void settle(Robot robot) throws Exception {
        robot.waitForIdle();
        IJ.wait(200);
        EventQueue.invokeAndWait(() -> { });
    }

    /** Choose an item of a menu of a window, which may get it a little after it is shown. */
    private static void choose(String title, String menuName, String itemName) {
        for (long end = System.currentTimeMillis() + PATIENCE_MS; System.currentTimeMillis() < end; IJ.wait(20)) {
            MenuItem item = item(((Frame) window(title)).getMenuBar(), menuName, itemName);
            if (item != null && item.getActionListeners().length > 0) {
                ActionEvent event = new ActionEvent(item, ActionEvent.ACTION_PERFORMED, itemName);
                EventQueue.invokeLater(() -> item.getActionListeners()[0].actionPerformed(event));
                return;
            }
        }
        throw new IllegalStateException("no item " + itemName);
    }

    private static MenuItem item(MenuBar bar, String menuName, String itemName) {
        for (int i = 0; bar != null && i < bar.getMenuCount(); i++) {
            Menu menu = bar.getMenu(i);
            for (int j = 0; menu.getLabel().equals(menuName) && j < menu.getItemCount(); j++) {
                if (menu.getItem(j).getLabel().equals(itemName)) {
                    return menu.getItem(j);
                }
            }
        }
        return null;
    }

    // ------------------------------------------------------------------ images, ROIs, windows

    /** Title, c, z, t, selection, overlay size, display range, pixel width, unit, changed, kind, slices, frames. */
    private static List<String> image(String title) {
        ImagePlus imp = title == null ? WindowManager.getCurrentImage() : WindowManager.getImage(title);
        if (imp == null) {
            return cells();
        }
        return cells(imp.getTitle(), imp.getC(), imp.getZ(), imp.getT(), bounds(imp.getRoi()),
            imp.getOverlay() == null ? -1 : imp.getOverlay().size(), imp.getDisplayRangeMin(), imp.getDisplayRangeMax(),
            imp.getCalibration().pixelWidth, imp.getCalibration().getUnit(), imp.changes, imp.getBitDepth(),
            imp.getNSlices(), imp.getNFrames(), imp.getNChannels());
    }

    private static String bounds(Roi roi) {
        if (roi == null) {
            return "";
        }
        return roi.getName() + " " + roi.getFloatBounds().getCenterX() + " " + roi.getFloatBounds().getCenterY();
    }

    /** Which are chosen, then for each ROI: name|x|y|position|c|z|t|group|colour|properties. */
    private static List<String> rois() {
        RoiManager manager = RoiManager.getInstance();
        if (manager == null) {
            return cells("none");
        }
        StringBuilder chosen = new StringBuilder();
        for (int index : manager.getSelectedIndexes()) {
            chosen.append(chosen.length() > 0 ? "," : "").append(index);
        }
        List<String> all = cells(chosen);
        for (Roi roi : manager.getRoisAsArray()) {
            all.add(String.join("|", roi.getName().replace("|", "/"), "" + roi.getFloatBounds().getCenterX(),
                "" + roi.getFloatBounds().getCenterY(), "" + roi.getPosition(), "" + roi.getCPosition(),
                "" + (roi.hasHyperStackPosition() ? roi.getZPosition() : 0), "" + roi.getTPosition(),
                "" + roi.getGroup(), String.format("#%06X", roi.getStrokeColor() == null ? 0
                    : roi.getStrokeColor().getRGB() & 0xFFFFFF),
                String.valueOf(roi.getProperties()).trim().replace("\n", ";")));
        }
        return all;
    }

    /** What the status bar says. */
    private static String status() {
        for (Component part : IJ.getInstance().getStatusBar().getComponents()) {
            if (part instanceof JLabel) {
                return ((JLabel) part).getText();
            }
        }
        throw new IllegalStateException("no status bar");
    }

    private static List<String> windows() {
        List<String> titles = new ArrayList<>();
        for (Window window : Window.getWindows()) {
            if (window.isVisible()) {
                titles.add(title(window));
            }
        }
        return titles;
    }

    private static String title(Window window) {
        return window instanceof Frame ? ((Frame) window).getTitle()
            : window instanceof Dialog ? ((Dialog) window).getTitle() : window.getName();
    }

    private static Window window(String title) {
        for (Window window : Window.getWindows()) {
            if (window.isVisible() && (title(window).equals(title) || title(window).startsWith(title + " ("))) {
                return window;
            }
        }
        throw new IllegalStateException("no window " + title);
    }

    /** ESC in a window of ImageJ: all of them hand it on so. (Without a window manager none has the focus.) */
    private static void escape() {
        ImageJ ij = IJ.getInstance();
        KeyEvent key = new KeyEvent(ij, KeyEvent.KEY_PRESSED, System.currentTimeMillis(), 0, KeyEvent.VK_ESCAPE, (char) 27);
        EventQueue.invokeLater(() -> ij.keyPressed(key));
    }

    private static void close(String title) {
        ImagePlus imp = WindowManager.getImage(title);
        if (imp != null) {
            imp.changes = false;
            imp.close();
        } else if (window(title) instanceof TextWindow) {
            ((TextWindow) window(title)).close(false);
        } else if (window(title) instanceof JFrame) {
            window(title).dispatchEvent(new WindowEvent(window(title), WindowEvent.WINDOW_CLOSING));
        } else {
            window(title).dispose();
        }
    }

    /** Leave only ImageJ's own window. */
    private static void clean() {
        for (Window window : Window.getWindows()) {
            if (window instanceof Dialog && window.isVisible()) {
                window.dispose();
            }
        }
        for (Window window : Window.getWindows()) {
            if (window instanceof JFrame && window.isVisible() && title(window).startsWith("Label ")) {
                window.dispatchEvent(new WindowEvent(window, WindowEvent.WINDOW_CLOSING));
            }
        }
        while (WindowManager.getCurrentImage() != null) {
            WindowManager.getCurrentImage().changes = false;
            WindowManager.getCurrentImage().close();
        }
        for (Frame frame : WindowManager.getNonImageWindows()) {
            if (frame instanceof TextWindow) {
                ((TextWindow) frame).close(false);
            }
        }
        if (RoiManager.getInstance() != null) {
            RoiManager.getInstance().close();
        }
        if (Recorder.getInstance() != null) {
            Recorder.getInstance().close();
        }
    }

    private static void place(String[] w) {
        Window window = window(w[1]);
        window.setLocation(Integer.parseInt(w[2]), Integer.parseInt(w[3]));
        if (w.length > 4) {
            window.setSize(Integer.parseInt(w[4]), Integer.parseInt(w[5]));
        }
        window.validate();
    }

    /** Picture of the screen, or of a part of it (x, y, width, height). */
    private static void shot(String[] w) throws Exception {
        Rectangle part = w.length > 2
            ? new Rectangle(Integer.parseInt(w[2]), Integer.parseInt(w[3]), Integer.parseInt(w[4]), Integer.parseInt(w[5]))
            : new Rectangle(Toolkit.getDefaultToolkit().getScreenSize());
        Robot robot = new Robot();
        settle(robot);
        ImageIO.write(robot.createScreenCapture(part), "png", new File(w[1]));
    }

    // ------------------------------------------------------------------ windows of Swing

    /** Press keys as on a keyboard, in the window that is named: "A", "F11", "SHIFT+RIGHT", "CONTROL+Z". */
    private static void keys(String[] w) throws Exception {
        Window window = window(w[1]);
        if (!window.isFocused()) {
            EventQueue.invokeAndWait(() -> {
                window.toFront();
                window.requestFocus();
            });
            for (long end = System.currentTimeMillis() + PATIENCE_MS; !window.isFocused(); IJ.wait(10)) {
                if (System.currentTimeMillis() > end) {
                    throw new IllegalStateException(w[1] + " gets no focus");
                }
            }
        }
        Robot robot = new Robot();
        for (int i = 2; i < w.length; i++) {
            String[] parts = w[i].split("\\+");
            for (String part : parts) {
                robot.keyPress(code(part));
            }
            for (int j = parts.length - 1; j >= 0; j--) {
                robot.keyRelease(code(parts[j]));
            }
            robot.waitForIdle();
            IJ.wait(5);
        }
        EventQueue.invokeAndWait(() -> { });
    }

    private static int code(String key) throws Exception {
        return KeyEvent.class.getField("VK_" + key).getInt(null);
    }

    /** The chosen rows, then every row of the table of a window, cells separated by bars. */
    private static List<String> rows(String title) throws Exception {
        List<String> all = cells();
        EventQueue.invokeAndWait(() -> {
            JTable table = first(window(title), JTable.class);
            StringBuilder chosen = new StringBuilder();
            for (int row : table.getSelectedRows()) {
                chosen.append(chosen.length() > 0 ? "," : "").append(row);
            }
            all.add(chosen.toString());
            for (int row = 0; row < table.getRowCount(); row++) {
                StringBuilder line = new StringBuilder();
                for (int column = 0; column < table.getColumnCount(); column++) {
                    Object value = table.getValueAt(row, column);
                    line.append(column > 0 ? "|" : "").append(value == null ? "" : value);
                }
                all.add(line.toString());
            }
        });
        return all;
    }

    private static <T> T first(Container container, Class<T> kind) {
        for (Component part : container.getComponents()) {
            if (kind.isInstance(part)) {
                return kind.cast(part);
            }
            T inner = part instanceof Container ? first((Container) part, kind) : null;
            if (inner != null) {
                return inner;
            }
        }
        return null;
    }

    private static Component named(Container container, String name) {
        for (Component part : container.getComponents()) {
            if (name.equals(part.getName())) {
                return part;
            }
            Component inner = part instanceof Container ? named((Container) part, name) : null;
            if (inner != null) {
                return inner;
            }
        }
        return null;
    }

    /** Choose from a list, or press the button that has this name. */
    private static void pick(String title, String name, String choice) throws Exception {
        EventQueue.invokeAndWait(() -> {
            JComboBox<?> box = (JComboBox<?>) named(window(title), name);
            for (int i = 0; i < box.getItemCount(); i++) {
                if (box.getItemAt(i).toString().equals(choice)) {
                    box.setSelectedIndex(i);
                    return;
                }
            }
            throw new IllegalStateException("no choice " + choice);
        });
    }

    private static void slide(String title, String name, int value) throws Exception {
        EventQueue.invokeAndWait(() -> ((JSlider) named(window(title), name)).setValue(value));
    }

    /** Click at a place (px) of an image. */
    private static void point(String title, double x, double y) throws Exception {
        ImageCanvas canvas = WindowManager.getImage(title).getCanvas();
        window(title).toFront();
        IJ.wait(150);
        Point at = canvas.getLocationOnScreen();
        Robot robot = new Robot();
        robot.mouseMove(at.x + canvas.screenXD(x + 0.5), at.y + canvas.screenYD(y + 0.5));
        robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
        robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
        settle(robot);
    }

    /** What it takes, in ms, to choose another row and to filter: mean and longest of each. */
    private static List<String> pace(String title, int times) throws Exception {
        Window window = window(title);
        JTable table = first(window, JTable.class);
        JSlider slider = (JSlider) named(window, "probability");
        double[][] took = new double[2][times];
        for (int i = 0; i < times; i++) {
            int n = i;
            took[0][i] = ms(() -> {
                int row = n * 37 % table.getRowCount();
                table.setRowSelectionInterval(row, row);
                table.scrollRectToVisible(table.getCellRect(row, 0, true));
                table.paintImmediately(table.getVisibleRect());
            });
            took[1][i] = ms(() -> {
                slider.setValue(1 + n % 60);
                table.paintImmediately(table.getVisibleRect());
            });
        }
        List<String> found = cells();
        for (double[] some : took) {
            found.add(String.valueOf(Arrays.stream(some).average().orElse(0)));
            found.add(String.valueOf(Arrays.stream(some).max().orElse(0)));
        }
        return found;
    }

    /** Time of the processor: what a busy machine does besides does not count. */
    private static double ms(Runnable work) throws Exception {
        long[] took = new long[1];
        EventQueue.invokeAndWait(() -> {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            work.run();
            took[0] = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
        });
        return took[0] / 1e6;
    }
}
