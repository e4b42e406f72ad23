"""Pixel size and frame interval, and whether to believe them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ivea_fiji.movie.timing import UNKNOWN, Timing

LENGTHS_UM = {
    "pm": 1e-6, "nm": 1e-3, "nanometer": 1e-3, "nanometers": 1e-3, "nanometre": 1e-3,
    "um": 1.0, "\u00b5m": 1.0, "\u03bcm": 1.0, "\\u00b5m": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
    "micrometers": 1.0, "micrometre": 1.0, "mm": 1e3, "millimeter": 1e3, "millimetre": 1e3, "cm": 1e4,
    "centimeter": 1e4, "m": 1e6, "meter": 1e6, "metre": 1e6, "inch": 25400.0, "inches": 25400.0, "in": 25400.0,
    "\u00e5": 1e-4, "angstrom": 1e-4,
}
TIMES_S = {
    "ns": 1e-9, "nanosecond": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "\\u00b5s": 1e-6, "usec": 1e-6,
    "microsecond": 1e-6, "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0,
}


@dataclass(frozen=True)
class Scale:
    """What a file says of its scale; None where it does not say or cannot be believed.

    Attributes
    ----------
    pixel_size_um
        Size of a pixel.
    timing
        When the frames were taken.
    z_step
        Distance of the slices in words, empty unless the file truly states one.
    offset_signed
        True if pixels are ImageJ's signed 16-bit, stored plus 32768.
    notes
        What the user should know of these values.
    """

    pixel_size_um: float | None = None
    timing: Timing = UNKNOWN
    z_step: str = ""
    offset_signed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def frame_interval_s(self) -> float | None:
        """The usual time from one frame to the next."""
        return self.timing.interval_s


def number(value: Any) -> float | None:
    """Return `value` as a finite float above 0, or None."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if math.isfinite(result) and result > 0 else None


def pixel_size(value: Any, unit: Any = "um", largest: float = 100.0) -> float | None:
    """Return a pixel size in um, or None if it is missing, of unknown unit or absurd.

    Parameters
    ----------
    value, unit
        As the file states them.
    largest
        Sizes above are not believed: 100 um is far beyond any microscope.
    """
    size, factor = number(value), LENGTHS_UM.get(str(unit).strip().lower())
    if size is None or factor is None:
        return None
    size *= factor
    return size if 1e-3 <= size <= largest else None


def seconds(unit: Any) -> float:
    """Return how many seconds a unit of time is, NaN if it is none."""
    return TIMES_S.get(str(unit).strip().lower(), math.nan)


def interval(value: Any, unit: Any = "s") -> float | None:
    """Return a frame interval in s, or None if it is missing, of unknown unit or absurd (above a day)."""
    time, factor = number(value), seconds(unit)
    if time is None or math.isnan(factor):
        return None
    time *= factor
    return time if 1e-7 <= time <= 86400 else None
