"""Movies of others with a table of their events: reading it, and comparing it with what was found.

A table has the columns ``frame`` (from 0), ``x``, ``y`` and ``kind``. Rows of the kind ``ignore`` count neither way: a
detection near one is no fault, and one without a place excuses everything from its frame on.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IGNORED = "ignore"


@dataclass(frozen=True)
class Truth:
    """Events of a movie.

    Attributes
    ----------
    places
        Frame, x and y of every event ``(n, 3)``.
    kinds
        What each is.
    excused
        Frame, x and y at which a detection is no fault ``(m, 3)``.
    until
        Frame from which nothing counts.
    """

    places: NDArray[np.float64]
    kinds: tuple[str, ...]
    excused: NDArray[np.float64]
    until: float = math.inf


@dataclass(frozen=True)
class Score:
    """How detections compare with a truth.

    Attributes
    ----------
    pairs
        Index of the event and of the detection that found it.
    missed, false
        Indices of events nobody found, and of detections that are none.
    """

    pairs: tuple[tuple[int, int], ...]
    missed: tuple[int, ...]
    false: tuple[int, ...]


def read_truth_csv(path: Path) -> Truth:
    """Read a table of events.

    Raises
    ------
    KeyError, ValueError
        A column lacks or a cell is no number.
    """
    places, kinds, excused, until = [], [], [], math.inf
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            frame, kind = float(row["frame"]), row["kind"].strip()
            x, y = (float(row[key] or "nan") for key in ("x", "y"))
            if math.isnan(x) or math.isnan(y):
                until = min(until, frame)
            elif kind == IGNORED:
                excused.append((frame, x, y))
            else:
                places.append((frame, x, y))
                kinds.append(kind)
    return Truth(_table(places), tuple(kinds), _table(excused), until)


def match(found: NDArray, truth: Truth, px: float, frames: float) -> Score:
    """Pair events and detections one to one, as many and as near as possible.

    Parameters
    ----------
    found
        Frame (from 0), x and y of every detection ``(n, 3)``.
    truth
        What there is.
    px, frames
        How far apart a pair may be.

    Returns
    -------
    Score
        Detections after `Truth.until` are in none of its lists, nor are events after it.
    """
    from scipy.optimize import linear_sum_assignment

    found = _table(found)
    events = np.flatnonzero(truth.places[:, 0] < truth.until)
    counted = np.flatnonzero(found[:, 0] < truth.until)
    distance = _distance(truth.places[events], found[counted], px, frames)
    # A pair too far apart costs more than any set of good ones, so that it is made only where none is left.
    rows, columns = linear_sum_assignment(np.where(np.isfinite(distance), distance, 1e6))
    pairs = [(int(events[i]), int(counted[k])) for i, k in zip(rows, columns, strict=True) if distance[i, k] < np.inf]
    used = {k for _, k in pairs}
    near = np.isfinite(_distance(truth.excused, found, px, frames)).any(axis=0)
    false = tuple(int(k) for k in counted if int(k) not in used and not near[k])
    seen = {i for i, _ in pairs}
    return Score(tuple(sorted(pairs)), tuple(int(i) for i in events if int(i) not in seen), false)


def _distance(one: NDArray, other: NDArray, px: float, frames: float) -> NDArray[np.float64]:
    """Return how far each of one table is from each of another, in gates; infinite beyond a gate."""
    place = np.hypot(*(one[:, None, k] - other[None, :, k] for k in (1, 2))) / px
    time = np.abs(one[:, None, 0] - other[None, :, 0]) / max(frames, 1e-9)
    return np.where((place <= 1) & (time <= 1), place + time, np.inf)


def _table(rows: object) -> NDArray[np.float64]:
    return np.asarray(rows, np.float64).reshape(-1, 3)
