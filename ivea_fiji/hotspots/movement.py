"""Light that goes from one place to the next is movement, no hotspot."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.course import Course

_LOST = 0.4
"""Light is taken from beside if that place dims by at least this part of what the event brightens by."""
_LOST_SD = 6.0
"""It must also dim by so many standard deviations of what it did before."""
_PART = 0.25
"""Of the event's pixels, the size of the place beside."""
_NEAR = 2.0
"""How far away it may lie, radii of a circle as large as the event."""
_LEAST_FRAMES = 3


def is_movement(
    change: NDArray[np.float32], footprint: NDArray[np.bool_], course: Course, before: slice
) -> bool:
    """Tell whether a place beside an event dims as the event brightens.

    Parameters
    ----------
    change
        Change against the frames before the event ``(t, y, x)``.
    footprint
        Pixels of the event ``(y, x)``.
    course
        When it is on.
    before
        Frames before it.

    Notes
    -----
    Ours. A bright body that moves, turns or divides takes its light along; transmitter and calcium take none.
    """
    pixels = int(np.count_nonzero(footprint))
    side = max(3, int(np.sqrt(_PART * pixels)) | 1)
    reach = max(3, round(_NEAR * np.sqrt(pixels / np.pi)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    beside = (cv2.dilate(footprint.astype(np.uint8), kernel) > 0) & ~footprint
    inner = np.zeros_like(beside)
    half = side // 2
    inner[half : beside.shape[0] - half, half : beside.shape[1] - half] = True
    beside &= inner
    if not beside.any():
        return False
    on = slice(max(course.peak - 1, 0), course.peak + 2)
    now = cv2.blur(change[on].mean(axis=0), (side, side))
    risen = float(change[on][:, footprint].mean())
    lost = -now
    earlier = change[before]
    if len(earlier) >= _LEAST_FRAMES:
        spread = np.stack([cv2.blur(frame, (side, side)) for frame in earlier]).std(axis=0)
        lost = np.where(lost > _LOST_SD * spread, lost, 0.0)
    return bool(lost[beside].max() >= _LOST * risen)
