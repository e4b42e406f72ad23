import ij.IJ;
import net.imagej.patcher.LegacyInjector;

/** Runs macro files without a display, as a batch job in Fiji does; what each returns is printed. */
public class Headless {
    public static void main(String[] args) {
        LegacyInjector.preinit();
        // ImageJ's classes may only be loaded after that.
        Macros.run(args);
        System.exit(0);
    }

    static class Macros {
        static void run(String[] files) {
            for (String file : files) {
                System.out.println("macro\t" + IJ.runMacroFile(file));
            }
            System.out.println("log\t" + String.valueOf(IJ.getLog()).replace("\n", "\\n"));
        }
    }
}
