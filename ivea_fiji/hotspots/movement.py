"""Light that goes from one place to the next is movement, no hotspot."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.course import Course

_GONE = 1.0
"""Light has moved if a place beside loses at least this part of what the event gains within some frames."""
_LOST = 0.6
"""It has moved, too, if a place beside is dimmer at the peak than before the event by this part of the event."""
_LOST_SD = 6.0
"""That place must be dimmer by so many standard deviations of what it did before."""
_PART = 0.25
"""Of the event's pixels, the size of the place beside."""
_LARGEST_PX = 9
"""Side of that place at most: what moves may be thin."""
_NEAR = 2.0
"""How far away it may lie, radii of a circle as large as the event."""
_LEAST_FRAMES = 3
_STEPS = 32
"""Differences of successive frames that tell the noise."""


def is_movement(
    frames: NDArray, lamp: NDArray[np.float32], footprint: NDArray[np.bool_], course: Course, before: slice, lag: int
) -> bool:
    """Tell whether a place beside an event dims as the event brightens.

    Parameters
    ----------
    frames
        Part of the movie ``(t, y, x)``, counts.
    lamp
        Factor on each frame that takes back what the lamp did ``(t,)``. Factors of layers would take back what a bright
        body loses.
    footprint
        Pixels of the event ``(y, x)``.
    course
        When it is on.
    before
        Frames before it.
    lag
        Frames within which the fastest rise is looked for.

    Notes
    -----
    Ours. A bright body that moves, turns or divides takes its light along; transmitter and calcium take none.
    """
    pixels = int(np.count_nonzero(footprint))
    side = min(max(3, int(np.sqrt(_PART * pixels)) | 1), _LARGEST_PX)
    beside = _beside(footprint, round(_NEAR * np.sqrt(pixels / np.pi)), side // 2)
    if not beside.any():
        return False
    trace = frames[:, footprint].mean(axis=1) * lamp

    def steady(t: int) -> NDArray[np.float32]:
        return np.asarray(frames[t] * lamp[t], np.float32)

    first, last = max(course.start - lag, 0), min(course.peak + 1, len(trace) - lag)
    if last > first:
        t = first + int(np.argmax(trace[first + lag : last + lag] - trace[first:last]))
        lost = cv2.blur(steady(t) - steady(t + lag), (side, side))[beside].max()
        if lost >= _GONE * (trace[t + lag] - trace[t]):
            step = max(1, (len(frames) - 1) // _STEPS)
            steps = [
                cv2.blur(steady(k + 1) - steady(k), (side, side))[beside] for k in range(0, len(frames) - 1, step)
            ]
            if lost >= _LOST_SD * float(np.median(np.std(steps, axis=0))):
                return True
    earlier = np.stack([cv2.blur(steady(k), (side, side)) for k in range(before.start, before.stop)])
    if len(earlier) < _LEAST_FRAMES:
        return False
    on = slice(max(course.peak - 1, 0), min(course.peak + 2, len(frames)))
    peak = np.mean([steady(k) for k in range(on.start, on.stop)], axis=0)
    lost = earlier.mean(axis=0) - cv2.blur(peak, (side, side))
    risen = trace[on].mean() - trace[before].mean()
    return bool((beside & (lost >= _LOST * risen) & (lost > _LOST_SD * earlier.std(axis=0))).any())


def _beside(footprint: NDArray[np.bool_], reach: int, half: int) -> NDArray[np.bool_]:
    """Return the middles of squares of half a side `half` that lie within `reach` of a footprint, not in it."""
    size = 2 * max(3, reach) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = (cv2.dilate(footprint.astype(np.uint8), kernel) > 0) & ~footprint
    height, width = near.shape
    whole = np.zeros_like(near)
    whole[half : height - half, half : width - half] = True
    return np.asarray(near & whole)
