"""The random-burst module on an image of ImageJ, xarray or numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivea_fiji.errors import OutputError
from ivea_fiji.events.model import Result
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress
from ivea_fiji.pyimagej import native
from ivea_fiji.pyimagej.gateway import java_class, need_java, start
from ivea_fiji.pyimagej.images import as_movie


@dataclass(frozen=True)
class Detection:
    """What was found, for Python and for ImageJ.

    Attributes
    ----------
    result
        Everything, as `ivea_fiji.detect_random` gives it; frames count from 0.
    rois
        One ``ij.gui.OvalRoi`` per event, on its frame of the image, with class, colour and probability.
    events, traces, summary
        ``ij.measure.ResultsTable`` with the columns of the tables the command line writes; frames count from 1.
    """

    result: Result
    rois: tuple[Any, ...]
    events: Any
    traces: Any
    summary: Any

    def overlay(self) -> Any:
        """Return a new ``ij.gui.Overlay`` of the ROIs; ``imp.setOverlay(found.overlay())`` shows them."""
        overlay = java_class("ij.gui.Overlay")()
        for roi in self.rois:
            overlay.add(roi)
        return overlay

    def show(self) -> None:
        """Show the event table, and add the ROIs to the ROI Manager behind those that are there.

        Raises
        ------
        OutputError
            Without a display: neither can exist there.
        """
        if java_class("java.awt.GraphicsEnvironment").isHeadless():
            raise OutputError(
                "This ImageJ has no display; use overlay(), the tables and write_result(found.result, folder), or "
                "start it with mode='interactive'."
            )
        manager = java_class("ij.plugin.frame.RoiManager").getRoiManager()
        for roi in self.rois:
            manager.add(roi, -1)
        self.events.show(f"{self.result.movie.name} events")


def detect_random_bursts(
    image: Any,
    ij: Any = None,
    params: RandomParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> Detection:
    """Find, classify and measure the exocytosis events of an image.

    Parameters
    ----------
    image
        An ``ij.ImagePlus``, a ``net.imagej.Dataset`` or another image of ImageJ2, an ``xarray.DataArray`` with named
        axes, or a numpy array ``(t, y, x)``. It is not changed.
    ij
        The gateway that ``imagej.init`` returned, or the folder of a Fiji to be started (`start`). None will do where
        a Java with ImageJ runs already and `image` is no image of ImageJ2.
    params
        All parameters; the defaults if None.
    progress
        Told about every stage, and asked whether to stop.
    **changes
        Single parameters to change, by name.

    Raises
    ------
    IveaError
        One sentence that says what to do.
    Cancelled
        The progress asked to stop.
    """
    from ivea_fiji.random_bursts import detect_random

    if isinstance(ij, str | Path):
        ij = start(ij)
    need_java()
    chosen = RandomParams.make(**{**(params.model_dump() if params else {}), **changes})
    result = detect_random(as_movie(image, ij, chosen), chosen, progress=progress)
    return Detection(
        result,
        native.rois(result),
        native.event_table(result),
        native.trace_table(result),
        native.summary_table(result),
    )
