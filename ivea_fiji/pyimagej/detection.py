"""Any module of `ivea_fiji.commands.modules` on an image of ImageJ, xarray or numpy."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ivea_fiji.commands.module import Module
from ivea_fiji.commands.modules import find_module
from ivea_fiji.errors import OutputError, ParameterError
from ivea_fiji.events.model import Result
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.pyimagej import native
from ivea_fiji.pyimagej.gateway import java_class, need_java, start
from ivea_fiji.pyimagej.images import as_movie
from ivea_fiji.results.record import RANDOM_BURSTS, Found

R = TypeVar("R", bound=Found)


@dataclass(frozen=True)
class Detection(Generic[R]):
    """What was found, for Python and for ImageJ.

    Attributes
    ----------
    module
        How it was found.
    result
        Everything, as `ivea_fiji.detect_random` and its like give it; frames count from 0.
    rois
        One ``ij.gui.Roi`` per event, on its frame of the image, with class, colour and probability.
    tables
        ``ij.measure.ResultsTable`` by kind ('events', 'traces', 'summary' and those of the module), with the columns of
        the tables the command line writes; frames count from 1.
    """

    module: Module[Any, R]
    result: R
    rois: tuple[Any, ...]
    tables: Mapping[str, Any]

    @property
    def events(self) -> Any:
        """The table of events."""
        return self.tables["events"]

    @property
    def traces(self) -> Any:
        """The table of traces."""
        return self.tables["traces"]

    @property
    def summary(self) -> Any:
        """The table of counts and rates."""
        return self.tables["summary"]

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
                "This ImageJ has no display; use overlay(), the tables and module.write(result, folder), or start it "
                "with mode='interactive'."
            )
        manager = java_class("ij.plugin.frame.RoiManager").getRoiManager()
        for roi in self.rois:
            manager.add(roi, -1)
        self.events.show(f"{self.result.movie.name} {self.module.window('events')}")


def detect(
    module: str,
    image: Any,
    ij: Any = None,
    params: MovieParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> Detection[Any]:
    """Find and measure events in an image, by any module.

    Parameters
    ----------
    module
        Name of the module: 'random_bursts', 'stationary_bursts', 'hotspot_areas', ...
    image
        An ``ij.ImagePlus``, a ``net.imagej.Dataset`` or another image of ImageJ2, an ``xarray.DataArray`` with named
        axes, or a numpy array ``(t, y, x)``. It is not changed.
    ij
        The gateway that ``imagej.init`` returned, or the folder of a Fiji to be started (`start`). None will do where
        a Java with ImageJ runs already and `image` is no image of ImageJ2.
    params
        All parameters, an instance of the module's; the defaults if None.
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
    chosen = find_module(module)
    if params is not None and not isinstance(params, chosen.params):
        raise ParameterError(
            f"Parameters of the kind {type(params).__name__} are not those of '{module}'; give "
            f"{chosen.params.__name__}."
        )
    if isinstance(ij, str | Path):
        ij = start(ij)
    need_java()
    asked = chosen.params.make(**{**(params.model_dump() if params else {}), **changes})
    result = chosen.detect(as_movie(image, ij, asked), asked, progress or Silent())
    # The very files that are the result elsewhere, less those that would only be thrown away.
    left_out = dict.fromkeys(chosen.output.model_fields, False)
    with tempfile.TemporaryDirectory(prefix="ivea-") as folder:
        files = chosen.write(result, Path(folder), **left_out)
        tables = {kind: native.table(files[kind], columns) for kind, columns in chosen.columns.items()}
        return Detection(chosen, result, native.rois(files["rois"]), tables)


def detect_random_bursts(
    image: Any,
    ij: Any = None,
    params: RandomParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> Detection[Result]:
    """Find, classify and measure the exocytosis events of an image: `detect` by the module 'random_bursts'."""
    return detect(RANDOM_BURSTS, image, ij, params, progress=progress, **changes)
