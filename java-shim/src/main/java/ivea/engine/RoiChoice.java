package ivea.engine;

import ij.gui.Roi;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The ROIs a command gets beside the image's own selection: those of the ROI Manager, and which are chosen. */
public final class RoiChoice {

	/** No ROIs. */
	public static final RoiChoice NONE = new RoiChoice(Collections.emptyList(), new int[0]);

	private final List<Roi> rois;
	private final int[] selected;

	/**
	 * @param rois all ROIs, in their order
	 * @param selected positions in `rois` (from 0) of the chosen ones
	 */
	public RoiChoice(final List<Roi> rois, final int[] selected) {
		this.rois = Collections.unmodifiableList(new ArrayList<>(rois));
		this.selected = selected.clone();
	}

	/** All ROIs, in their order. */
	public List<Roi> rois() {
		return rois;
	}

	/** Positions (from 0) of the chosen ones. */
	public int[] selected() {
		return selected.clone();
	}
}
