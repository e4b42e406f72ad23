"""When the frames of nd2, czi and lif files were taken, from what the readers of each format tell.

The common interface of the readers knows at most one interval; the stamps of every frame are asked for where there are
some. Whatever goes wrong here costs the times only.
"""

from __future__ import annotations

import importlib
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.scale import interval
from ivea_fiji.movie.timing import Timing, timing

log = logging.getLogger(__name__)

Found = tuple[NDArray[np.float64] | None, float | None]
"""Stamps of the frames, s, and the interval that was planned."""


def vendor_timing(path: Path, image: Any, scene: int, frames: int) -> Timing:
    """Return when the frames of a scene (from 0) were taken.

    Parameters
    ----------
    path
        The file.
    image
        The `bioio.BioImage`, at that scene.
    scene, frames
        Its number, and how many frames it has.
    """
    told = getattr(image, "time_interval", None)
    # A time without a unit is not believed: readers disagree on it.
    planned = interval(told.total_seconds()) if isinstance(told, timedelta) else None
    stamps: NDArray[np.float64] | None = None
    ask = _READERS.get(path.suffix.lower())
    try:
        stamps, own = ask(path, image, scene) if ask is not None else (None, None)
        planned = planned or own
    except Exception as error:  # readers differ between versions, and files in what they hold
        log.info("no times of the frames of %s: %s", path, error)
    return timing(_of_frames(stamps, frames), planned)


def _of_frames(stamps: NDArray[np.float64] | None, frames: int) -> NDArray[np.float64] | None:
    """Return one stamp per frame: some formats have one for every plane."""
    if stamps is None or not len(stamps) or len(stamps) % frames:
        return None
    return np.asarray(stamps[:: len(stamps) // frames], np.float64)


def _lif(path: Path, image: Any, scene: int) -> Found:
    with importlib.import_module("liffile").LifFile(path) as file:
        one = file.images[scene]
        stamps, axis = one.timestamps, one.coords.get("T")
        seconds = None
        if stamps is not None and len(stamps) > 1:
            seconds = (stamps - stamps[0]) / np.timedelta64(1, "s")
        planned = interval(float(axis[1] - axis[0])) if axis is not None and len(axis) > 1 else None
    return seconds, planned


def _nd2(path: Path, image: Any, scene: int) -> Found:
    with importlib.import_module("nd2").ND2File(path) as file:
        told = file.events(orient="list")
    time, where = told.get("Time [s]"), told.get("P Index")
    if time is None:
        return None, None
    seconds = np.asarray(time, np.float64)
    if where is not None:
        seconds = seconds[np.asarray(where) == scene]
    return seconds[np.isfinite(seconds)], None


def _czi(path: Path, image: Any, scene: int) -> Found:
    meta = image.metadata
    for place in (".//Dimensions/T/Positions/Interval/Increment", ".//Dimensions/T/Interval/Increment",
                  ".//TimeSeriesSetup//Interval/TimeSpan/Value"):  # fmt: skip
        found = meta.find(place)
        if found is not None and found.text:
            unit = meta.find(place.replace("/Value", "/DefaultUnitFormat"))
            return None, interval(found.text, (unit.text if unit is not None else "") or "s")
    return None, None


_READERS = {".lif": _lif, ".nd2": _nd2, ".czi": _czi}
