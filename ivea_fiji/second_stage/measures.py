"""Numbers that tell a fusion from what looks like one, from the course of light at its place. All of them are ours.

Light is the mean of the spot above its ring. It is told relative to the step that made the candidate: 0 is what was
there before, 1 the height of the step; for a loss of light, 1 is what was lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ivea_fiji.second_stage.courses import BEFORE, CORE, FLANK, MOMENT_X, MOMENT_Y, SPOT, Courses

_FINE = range(-3, 7)
_BINS = (
    (-100, -60), (-60, -30), (-30, -14), (-14, -8), (-8, -3), (7, 10), (10, 16), (16, 25), (25, 40), (40, 65),
    (65, 100),
)  # fmt: skip
_BASE = (-8, -3)
_WIDTHS = ((0, 0), (1, 2), (3, 6), (7, 12), (13, 25))
_MOVES = ((-14, -8), (-8, -3), (1, 2), (3, 6), (7, 12), (13, 25))
_SIDES = ((-20, -9), (-2, -1), (0, 2), (3, 6), (7, 14))
_CLOUD = range(-2, 6)
_WIDE_SHARE = 0.25
"""Part that a px of the flank counts in the light of spot and flank together, by their areas."""
_NEAR_BEFORE, _NEAR_AFTER = 6, 12
_SAME_PX, _CLOSE_PX = 4.0, 15.0
_OTHER_TIME = 10

_COURSE_NAMES = (
    *(f"light_{t:+d}" for t in _FINE),
    *(f"light_{a:+d}_{b:+d}" for a, b in _BINS),
    "direction", "step_over_noise", "base_over_noise", "base_over_step",
    "slope_before", "before_median", "before_low", "before_high", "after_median", "after_low", "after_high",
    "rise_before", "fall_before", "rise_after", "fall_after", "crossings_before", "crossings_after",
    "bright_before", "bright_after", "frames_above_half", "frames_above_fifth", "unevenness", "late_light",
    *(f"width_{a:+d}_{b:+d}" for a, b in _WIDTHS), "width_before",
    *(f"moved_{a:+d}_{b:+d}" for a, b in _MOVES),
    *(f"beside_{a:+d}_{b:+d}" for a, b in _SIDES),
    *(f"flank_{t:+d}" for t in _CLOUD), *(f"total_{t:+d}" for t in _CLOUD), "fall_frames", "rise_frames",
    "ring_change", "ring_later", "ring_noise", "texture",
)  # fmt: skip
_CROWD_NAMES = ("same_place", "close_now", "close_ever", "same_frame", "strength", "peak_z", "sigma", "candidate_sign")
NAMES = (*_COURSE_NAMES, *_CROWD_NAMES)
"""Names of all measures, in their order."""
CROWD = len(_CROWD_NAMES)
"""So many of them, the last ones, come from the other candidates."""


def course_measures(courses: Courses) -> NDArray[np.float32]:
    """Return what the course of light tells of every candidate ``(n, measures)``; NaN where the movie does not show it.

    Parameters
    ----------
    courses
        Light around the candidates.
    """
    n = len(courses)
    if not n:
        return np.zeros((0, len(_COURSE_NAMES)), np.float32)
    v, ring = courses.values, courses.ring
    light = v[..., SPOT] - ring
    noise = _noise(light)
    base = _mean(light, *_BASE)
    base = np.where(np.isnan(base), _mean(light, -3, -2), base)
    near = light[:, BEFORE - 1 : BEFORE + 3] - base[:, None]
    at = np.where(np.isnan(near), 0, np.abs(near)).argmax(axis=1)
    step = near[np.arange(n), at]
    sign = np.where(step < 0, -1.0, 1.0)
    height = np.maximum(np.abs(step), 0.3 * noise) + 1e-6
    h = (light - base[:, None]) * (sign / height)[:, None]
    smooth = _smooth(h)
    out: list[NDArray] = [h[:, BEFORE + t] for t in _FINE]
    out += [_mean(h, a, b) for a, b in _BINS]
    out += [sign, _log(height / noise), base / noise, base / height]
    out += _shape(h, smooth)
    core, flank = v[..., CORE] - ring, v[..., FLANK] - ring
    out += _widths(core, flank, sign, height)
    out += _moves(v, sign, height)
    out += _beside(v[..., 5:], sign, height)
    out += _cloud(h, flank, base, sign, height)
    before = _mean(ring, *_BASE)
    texture = _mean(v[..., 5:].std(axis=-1), *_BASE)
    out += [(_mean(ring, 0, 2) - before) / height, (_mean(ring, 3, 8) - before) / height, _noise(ring) / noise,
            texture / height]  # fmt: skip
    return np.clip(np.stack(out, axis=1), -1e4, 1e4).astype(np.float32)


def crowd_measures(
    frame: NDArray, y: NDArray, x: NDArray, strength: NDArray, peak: NDArray, sigma: NDArray, direction: NDArray,
    scale: float,
) -> NDArray[np.float32]:
    """Return what the other candidates tell of every one ``(n, measures)``.

    Parameters
    ----------
    frame, y, x, strength, peak, sigma, direction
        Of all candidates of a movie ``(n,)``.
    scale
        Size of a px in the units of `courses`: vision radius over 12.
    """
    n = len(frame)
    if not n:
        return np.zeros((0, len(_CROWD_NAMES)), np.float32)
    frame = np.asarray(frame, float)
    # Places and frames as one space: boxes of half a reach in space and in time.
    def count(px: float, frames: float) -> NDArray:
        points = np.column_stack([frame / frames, np.asarray(y) / (px * scale), np.asarray(x) / (px * scale)])
        return cKDTree(points).query_ball_point(points, 1.0, p=np.inf, return_length=True)

    own = count(_SAME_PX, _OTHER_TIME)
    near = count(_SAME_PX, BEFORE) - own
    now, ever = count(_CLOSE_PX, 5), count(_CLOSE_PX, BEFORE)
    per_frame = np.bincount(frame.astype(int))
    busy = per_frame[frame.astype(int)] / max(np.median(per_frame[per_frame > 0]), 1.0)
    columns = [_log(1.0 + near), _log(now), _log(ever), _log(busy), _log(np.maximum(strength, 0.1)),
               _log(np.maximum(peak, 0.1)), np.asarray(sigma) / scale, np.asarray(direction)]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _log(values: NDArray) -> NDArray:
    return np.log(np.maximum(values, 1e-6))


def _part(values: NDArray, first: int, last: int) -> NDArray:
    """Return frames `first` to `last` relative to the peak."""
    return values[:, BEFORE + first : BEFORE + last + 1]


def _mean(values: NDArray, first: int, last: int) -> NDArray:
    """Return the mean over frames that are in the movie, NaN if none is."""
    part = _part(values, first, last)
    known = ~np.isnan(part)
    count = known.sum(axis=1)
    total = np.where(known, part, 0).sum(axis=1, dtype=float)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _noise(values: NDArray) -> NDArray:
    """Return the standard deviation of the noise of every course, from differences of successive frames."""
    steps = np.abs(np.diff(values, axis=1))
    return np.maximum(_quantile(steps, 0.5) * (1.4826 / np.sqrt(2)), 1e-3)


def _quantile(values: NDArray, q: float) -> NDArray:
    """Return a quantile along the second axis, NaN left out."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(values)).sum(axis=1)
    at = np.rint(q * np.maximum(count - 1, 0)).astype(int)
    return np.where(count > 0, ordered[np.arange(len(values)), at], np.nan)


def _smooth(h: NDArray) -> NDArray:
    """Return the mean of three frames, of fewer at an end of the movie."""
    known = ~np.isnan(h)
    filled = np.pad(np.where(known, h, 0), ((0, 0), (1, 1)))
    count = np.pad(known.astype(float), ((0, 0), (1, 1)))
    total = filled[:, :-2] + filled[:, 1:-1] + filled[:, 2:]
    weight = count[:, :-2] + count[:, 1:-1] + count[:, 2:]
    return np.where(known, total / np.maximum(weight, 1), np.nan)


def _largest(values: NDArray) -> NDArray:
    return np.fmax.reduce(values, axis=1)


def _smallest(values: NDArray) -> NDArray:
    return np.fmin.reduce(values, axis=1)


def _shape(h: NDArray, smooth: NDArray) -> list[NDArray]:
    """Return what the place did before and after, and how the light goes away."""
    change = np.full_like(smooth, np.nan)
    change[:, 2:-2] = smooth[:, 4:] - smooth[:, :-4]
    old, new = slice(2, BEFORE - _NEAR_BEFORE), slice(BEFORE + _NEAR_AFTER, None)
    early, late = smooth[:, : BEFORE - _NEAR_BEFORE + 1], smooth[:, new]
    t = np.arange(-14, -2, dtype=float)
    t -= t.mean()
    slope = (_part(h, -14, -3) * t).sum(axis=1) / (t**2).sum()
    out = [slope, *(_quantile(early, q) for q in (0.5, 0.05, 0.95)), *(_quantile(late, q) for q in (0.5, 0.05, 0.95))]
    out += [_largest(change[:, old]), _smallest(change[:, old]), _largest(change[:, BEFORE + 5 :]),
            _smallest(change[:, BEFORE + 3 :])]  # fmt: skip
    for part in (early, late):
        known = ~np.isnan(part)
        bright = np.where(known, part > 0.5, False)
        flips = (bright[:, 1:] != bright[:, :-1]) & known[:, 1:] & known[:, :-1]
        out.append(np.where(known.any(axis=1), flips.sum(axis=1), np.nan))
    for part in (early, late):
        known = ~np.isnan(part)
        out.append(np.where(known.any(axis=1), (part > 0.5).sum(axis=1) / np.maximum(known.sum(axis=1), 1), np.nan))
    after = smooth[:, BEFORE + 1 :]
    known = ~np.isnan(after)
    for level in (0.5, 0.2):
        below = known & (after < level)
        first = np.where(below.any(axis=1), below.argmax(axis=1), known.sum(axis=1))
        out.append(np.where(known.any(axis=1), first.astype(float), np.nan))
    # How unevenly the light goes: the largest loss within two frames over all of the loss until a fifth is left.
    two = _part(h, 0, 40)[:, 2:] - _part(h, 0, 40)[:, :-2]
    out.append(-_smallest(two))
    out.append(_mean(h, 30, 60) - _mean(h, 5, 12))
    return out


def _widths(core: NDArray, flank: NDArray, sign: NDArray, height: NDArray) -> list[NDArray]:
    """Return how much of the change of light lies around the spot; `width_before` tells it of the light before."""
    c0, f0 = _mean(core, *_BASE), _mean(flank, *_BASE)
    out = []
    for a, b in _WIDTHS:
        c, f = (_mean(core, a, b) - c0) * sign, (_mean(flank, a, b) - f0) * sign
        out.append(f / (np.abs(c) + np.abs(f) + 0.1 * height))
    out.append(f0 / (np.abs(c0) + np.abs(f0) + 0.1 * height))
    return out


def _cloud(h: NDArray, flank: NDArray, base: NDArray, sign: NDArray, height: NDArray) -> list[NDArray]:
    """Return the light beside the spot and in all frame by frame, and how many frames the change takes.

    A cloud carries light from the spot to its surroundings: the spot loses what the flank gains. What sinks, leaves or
    bleaches does not.
    """
    beside = (flank - _mean(flank, *_BASE)[:, None]) * (sign / height)[:, None]
    both = (1 - _WIDE_SHARE) * h + _WIDE_SHARE * 2 * beside
    out = [beside[:, BEFORE + t] for t in _CLOUD] + [both[:, BEFORE + t] for t in _CLOUD]
    late = np.fmax.reduce(_part(h, 0, 12), axis=1)
    early = _part(h, -12, 6)
    # Frames in which the course is between a fifth and four fifths of where it ends up.
    middle = (early > 0.2 * late[:, None]) & (early < 0.8 * late[:, None])
    out.append(middle.sum(axis=1).astype(float))
    wide = _part(h, -20, 12)
    out.append(((wide > 0.15) & (wide < 0.85)).sum(axis=1).astype(float))
    return out


def _moves(v: NDArray, sign: NDArray, height: NDArray) -> list[NDArray]:
    """Return how far the weight of the changed light moves, in steps times px."""
    y, x = v[..., MOMENT_Y], v[..., MOMENT_X]
    y0, x0 = _mean(y, 0, 0), _mean(x, 0, 0)
    return [np.hypot(_mean(y, a, b) - y0, _mean(x, a, b) - x0) / height for a, b in _MOVES]


def _beside(sectors: NDArray, sign: NDArray, height: NDArray) -> list[NDArray]:
    """Return how much brighter one side of the ring becomes than the others: things that come or go."""
    bases = np.stack([_mean(sectors[..., k], *_BASE) for k in range(sectors.shape[-1])], axis=1)
    out = []
    for a, b in _SIDES:
        side = np.stack([_mean(sectors[..., k], a, b) for k in range(sectors.shape[-1])], axis=1) - bases
        out.append((side.max(axis=1) - np.median(side, axis=1)) / height)
    return out
