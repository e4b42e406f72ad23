import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.process.ImageProcessor;
import java.io.FileInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Opens a movie and a ROI set with ImageJ itself and prints, tab-separated: name of the ROI, image of the stack, mean. */
public class RoiMeans {
    public static void main(String[] args) throws Exception {
        ImagePlus imp = IJ.openImage(args[0]);
        ImageStack stack = imp.getStack();
        try (ZipInputStream zip = new ZipInputStream(new FileInputStream(args[1]))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null;) {
                Roi roi = new RoiDecoder(zip.readAllBytes(), entry.getName()).getRoi();
                for (int n = 1; n <= stack.size(); n++) {
                    ImageProcessor ip = stack.getProcessor(n);
                    ip.setRoi(roi);
                    System.out.println(roi.getName() + "\t" + n + "\t" + ip.getStats().mean);
                }
            }
        }
        System.exit(0);
    }
}
