"""What is an event and what is none, told from the light of one object over time, without noise.

docs/method.md states these rules in words. All of them are ours; times are frames, since that is what a camera shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import FUSION, LATENT, NO_CLOUD

UNCLEAR = -99
"""Nobody could tell: such a moment neither trains nor counts."""

_BEFORE = (8, 2)
"""Frames before a moment whose median is what the place was like."""
_SOON = 3
"""Within so many frames of its first frame an abrupt rise has its top."""
_ABRUPT = {1: 0.7, -1: 0.6}
"""Part of a rise (1) or fall (-1) that happens within `_STEP` frames if it is abrupt."""
_STEP = 2
_GRADUAL = 6
"""The same for the loss of a steady spot, which may take longer if it widens."""
_GOES_ON = 1.25
"""What becomes brighter than its first top by this factor within `_STAYS` frames is still on its way."""
_NEW = 0.6
"""A rise starts from less than this part of its top; from more, it is a brightening of what is there."""
_HALF_LIFE = 40
"""Frames within which a flash has lost half; after as many a latent fusion has lost `_LOST`."""
_LOST = 0.15
_SUDDEN = 0.6
"""A loss of more than this part within `_STEP` frames, after `_STEP` frames of full light, is no decay."""
_WIDER = 1.2
"""A cloud becomes wider by this factor."""
_AWAY_PX = 2.0
"""What moves farther than this while it is bright wanders."""
_STAYS = 12
_HISTORY = 100
"""Frames before and after in which the same thing must not happen again."""
_GONE = 0.35
_BACK = 0.6
_FALL_FRAMES = 12
_BEEN = 6
"""What has been as bright for so many frames within `_HISTORY` comes back; it does not appear."""
_QUIET = 0.05
"""Changes below this part of the object's brightest are no moments."""


@dataclass(frozen=True)
class Course:
    """The light of one object as the camera sees it, without noise, one value per frame ``(t,)``."""

    light: NDArray[np.float64]
    """Total light, any unit; bleaching and depth in the field included, but not what happens to the whole picture."""
    width: NDArray[np.float64]
    """Standard deviation, px, of a Gaussian spot with the same light and the same height in the middle."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]

    @property
    def brightness(self) -> NDArray[np.float64]:
        """Brightness of the middle of the spot."""
        return self.light / np.maximum(self.width, 0.3) ** 2


@dataclass(frozen=True)
class Moment:
    """An abrupt change of an object that is an event, or that nobody could tell from one."""

    frame: int
    """The brightest frame of a rise; of a loss, the first frame without the light."""
    class_id: int
    """Class of the event, or `UNCLEAR`."""


def moments(course: Course) -> list[Moment]:
    """Return the events of an object, and what could not be told from one; everything else it does is no event.

    - *Fusion with a cloud*: light appears within 2 frames and is lost again within 8 frames, or within 40 widening, at
      the same place, once; a spot brightens and is lost within 12 frames; or a steady spot is lost within 12 frames and
      widens as it goes.
    - *Fusion without cloud*: a steady spot, seen for 8 frames at one place, is gone within 2 frames and stays away.
    - *Latent fusion*: light appears within 2 frames at its place, and fades by more than 15 % in 40 frames, but not to
      half within 8.
    - *Nobody could tell*: light that appears within 2 frames and stays as it is; that flashes for 2 frames without
      widening; that does twice what an event does once; that is lost within 3 frames; that appears within 2 frames
      and is gone within 2 frames 40 to 100 frames later.
    """
    b = course.brightness
    top = float(b.max(initial=0.0))
    if top <= 0 or len(b) < 6:
        return []
    rises, falls = _abrupt(b, 1, top), _abrupt(b, -1, top)
    found = [m for t in rises if (m := _rise(course, b, t, rises))]
    taken = [m.frame for m in found]
    for step, ends in ((_STEP, falls), (_GRADUAL, _abrupt(b, -1, top, _GRADUAL))):
        for t in ends:
            new = all(not -2 <= t - f <= _FALL_FRAMES for f in taken)
            if new and (m := _fall(course, b, t, step, rises, falls)):
                found.append(m)
                taken.append(m.frame)
    return sorted(found, key=lambda m: m.frame)


def agreed(course: Course, released: list[int], reach: int = 6) -> list[Moment]:
    """Return the moments of an object that was drawn with releases at these frames, and without any others.

    What was drawn and what the light shows must agree: a release that the light does not show, and a moment of light
    that was not drawn as a release, are unclear. They belong together if the moment is at most `reach` frames before
    the release or 12 after it. A second moment from 12 frames before an event to 40 after it is a part of it.
    """
    shown = moments(course)
    out, used = [], set()
    for frame in released:
        near = [k for k, m in enumerate(shown) if -reach <= m.frame - frame <= _FALL_FRAMES and k not in used]
        if not near:
            out.append(Moment(frame, UNCLEAR))
            continue
        best = min(near, key=lambda k: abs(shown[k].frame - frame))
        used.add(best)
        out.append(shown[best])
    sure = [m.frame for m in out if m.class_id != UNCLEAR]
    out += [
        Moment(m.frame, UNCLEAR)
        for k, m in enumerate(shown)
        if k not in used and all(not -_FALL_FRAMES <= m.frame - f <= _HALF_LIFE for f in sure)
    ]
    return sorted(out, key=lambda m: m.frame)


def _abrupt(b: NDArray, sign: int, top: float, step: int = _STEP) -> list[int]:
    """Return the frames that end an abrupt change of the given sign, one for each."""
    change = np.zeros(len(b))
    change[step:] = sign * (b[step:] - b[:-step])
    change[1:step] = sign * (b[1:step] - b[0])
    out: list[int] = []
    for t in np.flatnonzero(change > _QUIET * top):
        lo, hi = max(t - 2, 0), min(t + 3, len(b))
        if change[t] < change[lo:hi].max() or (out and t - out[-1] <= 2):
            continue
        before = b[max(t - step - _BEFORE[0] + _BEFORE[1], 0) : max(t - step + 1, 1)]
        soon = b[t : t + _SOON + 1]
        whole = soon.max() - np.quantile(before, 0.25) if sign > 0 else np.quantile(before, 0.75) - soon.min()
        if whole > _QUIET * top and change[t] >= _ABRUPT[sign] * whole:
            out.append(int(t))
    return out


def _rise(course: Course, b: NDArray, t: int, rises: list[int]) -> Moment | None:
    frame = t - 1 + int(b[t - 1 : t + _SOON + 1].argmax())
    base = float(np.median(b[max(t - _BEFORE[0], 0) : max(t - _BEFORE[1] + 1, 1)]))
    top = float(b[frame])
    later = b[frame : frame + _HALF_LIFE + 1]
    rest = (later - base) / max(top - base, 1e-12)
    bright = np.flatnonzero(rest[: _STAYS + 1] > 0.5)
    away = np.hypot(course.y[frame + bright] - course.y[frame], course.x[frame + bright] - course.x[frame])
    if away.max(initial=0.0) > _AWAY_PX:
        return None
    if later[: _STAYS + 1].max() - base > _GOES_ON * (top - base):
        return None
    end = min(frame + 9, len(b))
    wider = _widest(course, frame, end) > _WIDER
    below = np.flatnonzero(rest <= 0.5)
    if base > _NEW * top:  # a brightening of what is there: an event only if the cloud is lost afterwards
        lost = (b[frame : frame + _FALL_FRAMES + 1] < _GONE * base).any()
        back = (b[frame + _FALL_FRAMES : frame + _HISTORY] > _BACK * base).any()
        return Moment(frame, FUSION.id) if lost and not back and (wider or top > 1.15 * base) else None
    sudden = len(below) and below[0] > _STEP and _drop(rest[: int(below[0]) + 3]) > _SUDDEN
    if sudden and not wider:
        return None  # as high as ever, then gone: a blink or a visit
    if (b[max(t - _HISTORY, 0) : max(t - _STEP, 0)] > _BACK * top).sum() >= _BEEN:
        return None
    again = sum(_same(b, s, t, top - base) for s in rises if s != t and abs(s - t) <= _HISTORY)
    if again:
        return Moment(frame, UNCLEAR) if again == 1 else None
    if len(below):
        half = int(below[0])
        if half <= _STEP:
            return Moment(frame, FUSION.id if wider else UNCLEAR)
        return Moment(frame, FUSION.id if wider or half <= 8 else LATENT.id)
    if len(rest) <= _HALF_LIFE // 2:
        return Moment(frame, UNCLEAR)  # the movie ends before one can tell
    faded = 1 - float(rest[-1])
    if wider:
        return Moment(frame, FUSION.id)
    return Moment(frame, LATENT.id if faded > _LOST else UNCLEAR)


def _drop(rest: NDArray) -> float:
    """Return the largest loss within `_STEP` frames."""
    return float((rest[:-_STEP] - rest[_STEP:]).max(initial=0.0))


def _same(b: NDArray, s: int, t: int, height: float) -> bool:
    """Tell whether the rise that ends at frame `s` is at least half as high as that at `t`, with a loss in between."""
    between = b[min(s, t) : max(s, t) + 1]
    return _height(b, s) > 0.5 * height and float(between.min()) < 0.5 * float(b[s : s + _SOON + 1].max())


def _height(b: NDArray, s: int) -> float:
    """Return how high the rise that ends at frame `s` is."""
    base = float(np.median(b[max(s - _BEFORE[0], 0) : max(s - _BEFORE[1] + 1, 1)]))
    return float(b[s : s + _SOON + 1].max()) - base


def _fall(course: Course, b: NDArray, t: int, step: int, rises: list[int], falls: list[int]) -> Moment | None:
    start = t - step
    if start < 4:
        return None
    past = slice(max(start - 9, 0), start + 1)
    base = float(np.median(b[past]))
    if (np.abs(b[past] - base) < 0.3 * base).mean() < 0.75:
        return None
    if np.hypot(np.ptp(course.y[past]), np.ptp(course.x[past])) > _AWAY_PX:
        return None
    low = np.flatnonzero(b[start : start + _FALL_FRAMES + 1] < _GONE * base)
    if not len(low):
        return None
    frame = start + int(low[0])
    wider = _widest(course, start, min(frame + 3, len(b))) > _WIDER
    after = b[frame : frame + _HISTORY]
    past_falls = [s for s in falls if max(t - _HISTORY, _STEP) <= s < start]
    earlier = any(b[s - _STEP] - b[s : s + _SOON + 1].min() > 0.5 * base for s in past_falls)
    if (after > _BACK * base).any() or earlier:
        return Moment(frame, UNCLEAR) if wider else None
    if wider:
        return Moment(frame, FUSION.id)
    since = [start - s for s in rises if s <= start and start - s <= _HISTORY and _height(b, s) > 0.5 * base]
    if since:  # it appeared as suddenly: a blink or a visit
        return None if min(since) <= _HALF_LIFE else Moment(frame, UNCLEAR)
    lasts = frame - start
    if lasts <= _STEP:
        return Moment(frame, NO_CLOUD.id)
    return Moment(frame, UNCLEAR) if lasts == _STEP + 1 else None


def _widest(course: Course, start: int, stop: int) -> float:
    """Return by what factor the spot becomes wider while there is light left."""
    lit = course.light[start:stop] > 0.08 * max(float(course.light[start]), 1e-12)
    first = float(course.width[start])
    return float(course.width[start:stop][lit].max(initial=first)) / max(first, 1e-6)
