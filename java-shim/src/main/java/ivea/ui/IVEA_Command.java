package ivea.ui;

import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.plugin.PlugIn;
import ij.plugin.frame.Recorder;
import ivea.Ivea;
import java.io.IOException;
import java.util.Map;

/**
 * A menu entry of plain ImageJ, which has neither SciJava nor Groovy: reads what the command's script declares, asks
 * for it or takes it from the macro, and does what the script would do. The underscore in the name makes ImageJ say so
 * if the class cannot be loaded.
 */
public final class IVEA_Command implements PlugIn {

	/** @param script name of the command's script */
	@Override
	public void run(final String script) {
		try {
			run(ScriptHeader.load(script));
		}
		catch (final IOException | IllegalArgumentException e) {
			Failures.tell(e.getMessage(), "");
		}
	}

	private static void run(final ScriptHeader header) {
		final ImagePlus imp = header.needsImage() ? WindowManager.getCurrentImage() : null;
		if (header.needsImage() && imp == null) {
			Failures.tell(Ivea.NO_IMAGE, "");
			return;
		}
		final String options = Macro.getOptions();
		final Map<String, Object> values;
		if (options == null && Results.hasWindows()) {
			values = new CommandDialog(header).ask();
			// A cancelled dialog leaves no line.
			if (values == null) Recorder.setCommand(null);
			else MacroOptions.record(values);
		}
		else values = MacroOptions.parse(header, options == null ? "" : options);
		if (values != null) Ivea.run(header.command(), imp, values);
	}
}
