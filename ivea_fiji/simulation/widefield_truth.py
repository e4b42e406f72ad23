"""What is true of the things in a widefield movie, told from the light that each of them sends to the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import MOTION, NO_CLOUD
from ivea_fiji.simulation.definition import UNCLEAR, Course, Moment, agreed
from ivea_fiji.simulation.truth import TrueEvent
from ivea_fiji.simulation.widefield_optics import Images
from ivea_fiji.simulation.widefield_stage import Thing

_LAG = 4
"""Frames within which a change is looked for, as a detector of differences does."""
_NOTICED = 0.15
"""A change is a moment from this part of the brightest on."""
_APART = 3
_MOVED_PX = 1.2


def course(thing: Thing, images: Images, frames: int) -> Course:
    """Return the light of one object over time.

    Its place is that of its brightest cloud. Its width is that of the Gaussian spot that has the same light and the
    same brightness in the middle, so that rings and skirts count as what they are: light elsewhere.
    """
    c = thing.clouds
    t = c[:, 0].astype(int)
    light = np.bincount(t, c[:, 5], frames)[:frames].astype(float)
    own = c[:, 5] * images.at(c[:, 3], c[:, 4], np.zeros(len(c)))
    order = np.lexsort((-own, t))
    seen, first = np.unique(t[order], return_index=True)
    best = np.full(frames, -1)
    best[seen] = order[first]
    filled = np.maximum.accumulate(np.where(best >= 0, np.arange(frames), -1))
    start = int(seen[0]) if len(seen) else 0
    best = best[np.where(filled < 0, start, filled)] if len(seen) else np.zeros(frames, int)
    if not len(c):
        return Course(light, np.ones(frames), np.zeros(frames), np.zeros(frames))
    y, x = c[best, 1], c[best, 2]
    away = np.hypot(c[:, 1] - y[t], c[:, 2] - x[t])
    middle = np.bincount(t, c[:, 5] * images.at(c[:, 3], c[:, 4], away), frames)[:frames]
    lit = middle > 0
    width = np.full(frames, np.nan)
    width[lit] = np.sqrt(light[lit] / (2 * np.pi * middle[lit]))
    width = width[np.where(filled < 0, start, filled)]
    return Course(light, width, y, x)


@dataclass
class Truth:
    """What is known of all things; places without the drift of the picture."""

    events: list[TrueEvent]
    unclear: list[tuple[float, float, float]]
    artefacts: list[tuple[float, float, float, float]]

    def add(self, thing: Thing, shown: Course, found: Sequence[Moment]) -> None:
        """Add one object and what it does."""
        for m in found:
            k = min(m.frame, len(shown.y) - 1)
            if m.class_id == UNCLEAR:
                self.unclear.append((m.frame, shown.y[k], shown.x[k]))
            else:
                self.events.append(_event(thing, shown, m))
        near = [m.frame for m in found]
        for t, y, x, class_id in changes(thing, shown):
            if all(abs(t - f) > 8 for f in near):
                self.artefacts.append((class_id, t, y, x))


def judge(thing: Thing, images: Images, frames: int, disturbed: NDArray) -> tuple[Course, list[Moment]]:
    """Return the light of an object and its moments; beside what disturbs the whole picture nobody could tell."""
    shown = course(thing, images, frames)
    if thing.part:
        return shown, []
    found = [
        Moment(m.frame, UNCLEAR) if (np.abs(disturbed - m.frame) <= _APART).any() else m
        for m in agreed(shown, list(thing.released))
    ]
    return shown, found


def changes(thing: Thing, shown: Course) -> list[tuple[int, float, float, int]]:
    """Return the moments (frame, y, x, class) in which an object becomes brighter or dimmer, or moves."""
    b = shown.brightness
    top = float(b.max(initial=0))
    if top <= 0 or len(b) <= _LAG:
        return []
    step = b[_LAG:] - b[:-_LAG]
    frames = np.arange(_LAG, len(b))
    out = []
    for sign, class_id in zip((1, -1), thing.classes, strict=True):
        d = sign * step
        padded = np.pad(d, _APART, constant_values=-np.inf)
        best = np.lib.stride_tricks.sliding_window_view(padded, 2 * _APART + 1).max(1)
        for k in np.flatnonzero((d > _NOTICED * top) & (d >= best)):
            t = int(frames[k])
            at = t if sign > 0 else t - _LAG
            out.append((t, float(shown.y[at]), float(shown.x[at]), class_id))
    way = np.hypot(shown.y[_LAG:] - shown.y[:-_LAG], shown.x[_LAG:] - shown.x[:-_LAG])
    lit = np.minimum(b[_LAG:], b[:-_LAG]) > 2 * _NOTICED * top
    last = -2 * _APART
    for k in np.flatnonzero((way > _MOVED_PX) & lit):
        t = int(frames[k])
        if t - last > _APART:
            # A slow large body out of focus changes the picture as a movement of the light does.
            class_id = thing.classes[0] if thing.classes[0] == thing.classes[1] else MOTION.id
            out += [(t, float(shown.y[at]), float(shown.x[at]), class_id) for at in (t, t - _LAG)]
            last = t
    return out


def _event(thing: Thing, shown: Course, moment: Moment) -> TrueEvent:
    """Return the event with what its light says of it."""
    t = min(moment.frame, len(shown.y) - 1)
    high = shown.light / (2 * np.pi * shown.width**2)
    before = float(np.median(high[max(t - 8, 0) : max(t - 1, 1)]))
    if moment.class_id == NO_CLOUD.id:
        duration, amplitude, at = 1.0, before, max(t - 2, 0)
    else:
        # Of a cloud from a steady spot, the top may be lower than what was there.
        top = int(t - 3 + high[max(t - 3, 0) : t + 2].argmax()) if t >= 3 else t
        amplitude, at = float(max(high[top] - before, before)), t
        lost = np.flatnonzero(high[top:] <= high[top] / np.e)
        duration = float(lost[0]) if len(lost) else float(len(high) - top)
    return TrueEvent(
        moment.class_id, thing.name, t, float(shown.y[at]), float(shown.x[at]), max(duration, 1.0), amplitude,
        float(shown.width[at]),
    )  # fmt: skip
