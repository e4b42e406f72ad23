"""Time stamps that programs write beside every frame of a TIFF: Micro-Manager, NDTiff, ScanImage."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.scale import interval, number

MICRO_MANAGER_TAG = 51123
_SCANIMAGE = re.compile(r"frameTimestamps_sec\s*=\s*([-+0-9.eE]+)")
_ELAPSED = ("ElapsedTime-ms", "elapsed_time_ms")


@dataclass(frozen=True)
class Frames:
    """The pages of the frames of a movie.

    Attributes
    ----------
    count
        How many there are.
    page
        Gives the page of a frame (from 0), a `tifffile.TiffPage` or `tifffile.TiffFrame`.
    """

    count: int
    page: Callable[[int], Any]


def page_stamps(tif: Any, frames: Frames) -> tuple[NDArray[np.float64] | None, float | None]:
    """Return the time stamps of all frames ``(t,)``, s, NaN where there is none, and the interval that was planned."""
    if tif.is_micromanager or tif.is_ndtiff:
        return _each(frames, _micro_manager), interval(_summary(tif).get("Interval_ms"), "ms")
    if tif.is_scanimage:
        return _each(frames, _scanimage), _scanimage_interval(tif)
    return None, None


def _each(frames: Frames, stamp: Callable[[Any], float]) -> NDArray[np.float64] | None:
    """Return a stamp of every frame; None if the first two have none, so that no time is spent on all."""
    out = np.full(frames.count, np.nan)
    opened: dict[int, Any] = {}
    try:
        for t in range(frames.count):
            page = frames.page(t)
            if page is None:
                continue
            handle = page.parent.filehandle
            if handle.closed:  # tifffile closes all files of a set but the one it was asked for
                handle.open()
                opened[id(handle)] = handle
            out[t] = stamp(page.aspage())
            if t == 1 and not np.isfinite(out[:2]).any():
                return None
    finally:
        for handle in opened.values():
            handle.close()
    return out


def _micro_manager(page: Any) -> float:
    tag = page.tags.get(MICRO_MANAGER_TAG)
    told = tag.value if tag is not None else None
    if isinstance(told, bytes | str):
        try:
            told = json.loads(told)
        except ValueError:
            return np.nan
    if not isinstance(told, dict):
        return np.nan
    return _float(next((told[key] for key in _ELAPSED if key in told), None)) / 1000


def _scanimage(page: Any) -> float:
    found = _SCANIMAGE.search(page.description)
    return _float(found[1]) if found else np.nan


def _scanimage_interval(tif: Any) -> float | None:
    """Return the time between frames of a ScanImage file, from its rate; volumes of several slices are no frames."""
    told = (tif.scanimage_metadata or {}).get("FrameData") or {}
    rate = number(told.get("SI.hRoiManager.scanFrameRate") or told.get("scanimage.SI.hRoiManager.scanFrameRate"))
    averaged = number(told.get("SI.hScan2D.logAverageFactor")) or 1.0
    return interval(averaged / rate) if rate else None


def _summary(tif: Any) -> dict[str, Any]:
    try:
        told = (tif.micromanager_metadata or {}).get("Summary")
    except Exception:  # damaged index maps make tifffile raise errors of many kinds
        return {}
    return told if isinstance(told, dict) else {}


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan
