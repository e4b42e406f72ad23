"""What a movie of molecules shows of every object, and the labels that follow from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.simulation.definition import UNCLEAR, Course, Moment, agreed
from ivea_fiji.simulation.molecules_scene import Bag
from ivea_fiji.simulation.truth import TrueEvent

_WINDOW = 2.5
"""The middle of a spot is that of the light within so many standard deviations of the image of a molecule."""
_ROUNDS = 3
_WIDEST_PX = 30.0
_CHANGE = 0.2
"""Changes of this part of the brightest within 4 frames are moments of what is no event."""
_LAG = 4
_MOVES_PX = 1.2
_CALM = 8
_LONGEST = 30.0


def course_of(bag: Bag, frames: int, psf: float, bleaching: NDArray) -> Course:
    """Return the light of an object over the whole movie, without noise, stage, lamp and focus.

    The middle of the spot is where its light is densest near the middle of all of it; its width is that of a Gaussian
    spot with the same light and the same height there.

    Parameters
    ----------
    bag
        The object.
    frames
        Length of the movie.
    psf
        Standard deviation of the image of a molecule, px.
    bleaching
        What is left of all light ``(t,)``.
    """
    stop = min(bag.start + len(bag.light), frames)
    n = stop - bag.start
    y, x, w = (a[:n].astype(float) for a in (bag.y, bag.x, bag.light))
    light = w.sum(axis=1)
    whole = np.maximum(light, 1e-12)
    cy, cx = (w * y).sum(axis=1) / whole, (w * x).sum(axis=1) / whole
    for _ in range(_ROUNDS):
        near = w * np.exp(-((y - cy[:, None]) ** 2 + (x - cx[:, None]) ** 2) / (2 * (_WINDOW * psf) ** 2))
        part = near.sum(axis=1)
        found = part > 1e-9
        cy[found] = (near * y).sum(axis=1)[found] / part[found]
        cx[found] = (near * x).sum(axis=1)[found] / part[found]
    height = (w * np.exp(-((y - cy[:, None]) ** 2 + (x - cx[:, None]) ** 2) / (2 * psf**2))).sum(axis=1)
    width = np.sqrt(whole * psf**2 / np.maximum(height, 1e-12))
    lit = np.flatnonzero(light > 0)
    out = [np.zeros(frames), np.full(frames, psf), np.zeros(frames), np.zeros(frames)]
    if not len(lit):
        return Course(*out)
    out[0][bag.start : stop] = light * bleaching[bag.start : stop]
    last = np.searchsorted(lit, np.arange(frames) - bag.start, side="right") - 1
    held = lit[np.clip(last, 0, None)]  # while it is dark it is where it was last, and as wide
    out[1][:] = np.clip(width, 0.5 * psf, _WIDEST_PX)[held]
    out[2][:], out[3][:] = cy[held], cx[held]
    return Course(*out)


def read(bag: Bag, course: Course, shape: tuple[int, int], shift: NDArray) -> tuple[list[TrueEvent], list, list]:
    """Return events, unclear rows ``(frame, y, x)`` and artefact rows ``(class, frame, y, x)`` of an object."""
    events, unclear = [], []
    for m in agreed(course, list(bag.released)):
        y, x = course.y[m.frame] + shift[m.frame, 0], course.x[m.frame] + shift[m.frame, 1]
        if not (-0.5 <= y <= shape[0] - 0.5 and -0.5 <= x <= shape[1] - 0.5):
            continue
        if m.class_id == UNCLEAR:
            unclear.append((m.frame, y, x))
        else:
            events.append(_event(bag, course, m, float(y), float(x)))
    spared = [m.frame for m in events] + [int(r[0]) for r in unclear]
    return events, unclear, _changes(bag, course, shift, spared)


def _event(bag: Bag, course: Course, m: Moment, y: float, x: float) -> TrueEvent:
    b = course.brightness
    base = float(np.median(b[max(m.frame - 8, 0) : max(m.frame - 2, 1)]))
    peak = max(float(b[m.frame]), base)
    later = b[m.frame :]
    below = np.flatnonzero(later <= 0.5 * peak)
    lasts = float(below[0]) if len(below) else float(len(later))
    return TrueEvent(
        m.class_id, bag.kind, m.frame, y, x, float(np.clip(lasts, 1, _LONGEST)), peak / (2 * np.pi),
        float(course.width[m.frame]),
    )  # fmt: skip


def _changes(bag: Bag, course: Course, shift: NDArray, spared: list[int]) -> list[tuple[int, int, float, float]]:
    """Return a row for every abrupt change, every 4 frames of movement, and every 8 frames of calm."""
    b = course.brightness
    top, n = float(b.max(initial=0.0)), len(b)
    if top <= 0 or n <= _LAG:
        return []
    lag = np.r_[b[_LAG:] - b[:-_LAG], np.zeros(_LAG)]
    size = np.abs(lag)
    moved = np.r_[np.hypot(course.y[_LAG:] - course.y[:-_LAG], course.x[_LAG:] - course.x[:-_LAG]), np.zeros(_LAG)]
    rows: dict[int, int] = {}
    for t in np.flatnonzero((b > 0.2 * top) & (moved > _MOVES_PX))[::_LAG]:
        rows[int(t)] = -3
    for t in np.flatnonzero((b > 0.2 * top) & (moved <= _MOVES_PX) & (size < _CHANGE * top))[::_CALM]:
        rows[int(t)] = -2
    for t in np.flatnonzero(size > _CHANGE * top):
        if size[t] >= size[max(t - 3, 0) : t + 4].max():
            rows[int(t) + _LAG // 2] = bag.up if lag[t] > 0 else bag.down
    return [
        (c, t, float(course.y[t] + shift[t, 0]), float(course.x[t] + shift[t, 1]))
        for t, c in sorted(rows.items())
        if all(not -6 <= t - s <= 26 for s in spared)
    ]
