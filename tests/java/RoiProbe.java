import ij.IJ;
import ij.ImagePlus;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Opens a movie and a ROI set with ImageJ itself and prints, one line per ROI and tab-separated: name, class, centre x
 * and y (ImageJ's, first pixel's centre = 0.5), width, height, group, properties, the channels and frames ImageJ goes
 * to when the ROI is chosen in the ROI Manager ("c:f", from channel 1 and from the last), and the images of the stack,
 * from 1, on which the overlay is drawn.
 */
public class RoiProbe {
    public static void main(String[] args) throws Exception {
        ImagePlus imp = IJ.openImage(args[0]);
        System.out.println("movie\t" + imp.getNChannels() + "\t" + imp.getNSlices() + "\t" + imp.getNFrames()
            + "\t" + imp.isHyperStack());
        for (Roi roi : read(args[1])) {
            String props = String.valueOf(roi.getProperties()).trim().replace("\n", ";");
            System.out.println(String.join("\t", roi.getName(), roi.getClass().getSimpleName(),
                "" + (roi.getFloatBounds().getX() + roi.getFloatBounds().getWidth() / 2),
                "" + (roi.getFloatBounds().getY() + roi.getFloatBounds().getHeight() / 2),
                "" + roi.getFloatBounds().getWidth(), "" + roi.getFloatBounds().getHeight(),
                "" + roi.getGroup(), props,
                chosen(imp, roi, 1) + " " + chosen(imp, roi, imp.getNChannels()),
                drawn(imp, roi)));
        }
        System.exit(0);
    }

    static List<Roi> read(String path) throws Exception {
        List<Roi> rois = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new FileInputStream(path))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null;) {
                rois.add(new RoiDecoder(zip.readAllBytes(), entry.getName()).getRoi());
            }
        }
        return rois;
    }

    /** Where the ROI Manager (which needs a screen) would go, with the image at a channel and frame 1 before. */
    static String chosen(ImagePlus imp, Roi roi, int channel) {
        imp.setPosition(channel, 1, 1);
        int position = roi.getPosition();
        if (imp.isHyperStack() && roi.hasHyperStackPosition()) {
            imp.setPosition(roi.getCPosition(), roi.getZPosition(), roi.getTPosition());
        } else if (imp.isHyperStack() && imp.getNSlices() == 1) {
            imp.setPosition(imp.getChannel(), 1, position);
        } else if (roi.getZPosition() > 0 && imp.getNSlices() == imp.getStackSize()) {
            imp.setSlice(roi.getZPosition());
        } else if (position > 0 && position <= imp.getStackSize()) {
            imp.setSlice(position);
        }
        return imp.getC() + ":" + Math.max(imp.getT(), imp.getZ());
    }

    /** The images on which ImageJ draws the ROI as an overlay: those that flattening changes. */
    static String drawn(ImagePlus movie, Roi roi) throws Exception {
        ImagePlus imp = movie.duplicate();
        roi.setStrokeColor(java.awt.Color.RED);
        imp.setOverlay(new Overlay(roi));
        StringBuilder images = new StringBuilder();
        for (int i = 1; i <= imp.getStackSize(); i++) {
            imp.setSlice(i);
            if (imp.isHyperStack()) {
                int[] at = imp.convertIndexToPosition(i);
                imp.setPosition(at[0], at[1], at[2]);
            }
            ImagePlus flat = imp.flatten();
            int[] pixels = (int[]) flat.getProcessor().getPixels();
            boolean red = false;
            for (int p : pixels) {
                red |= ((p >> 16) & 255) > 150 && (p & 255) < 100 && ((p >> 8) & 255) < 100;
            }
            if (red) {
                images.append(images.length() > 0 ? "," : "").append(i);
            }
        }
        return images.toString();
    }
}
