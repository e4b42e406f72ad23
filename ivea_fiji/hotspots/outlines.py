"""The outline of a region of pixels, as ImageJ traces it: along the edges of the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Right, down, left, up, as x and y."""
_AHEAD_LEFT = ((0, -1), (0, 0), (-1, 0), (-1, -1))
_AHEAD_RIGHT = ((0, 0), (-1, 0), (-1, -1), (0, -1))
"""Which pixels lie ahead of a corner for each direction, as x and y from the corner."""


def outline(mask: NDArray[np.bool_], top: int = 0, left: int = 0) -> NDArray[np.int32]:
    """Trace the outer edge of a region clockwise, from its topmost and there leftmost pixel.

    Pixels that touch at a corner belong together, so that an 8-connected region without holes has one outline, whose
    pixels are those ImageJ fills again.

    Parameters
    ----------
    mask
        Pixels ``(y, x)`` of one connected region.
    top, left
        Row and column of the first pixel of `mask` in the movie.

    Returns
    -------
    ndarray
        Corners ``(n, 2)`` as x, y; the outer corner of the first pixel is 0, 0.

    Raises
    ------
    ValueError
        If there is no pixel.
    """
    if not mask.any():
        raise ValueError("There is no pixel to outline.")
    inside = np.pad(mask, 1).tolist()
    y = int(np.argmax(mask.any(axis=1)))
    x = int(np.argmax(mask[y]))
    start, direction, corners = (x, y), 0, []
    while True:
        corners.append((x, y))
        while True:  # straight on until a corner
            x, y = x + _STEPS[direction][0], y + _STEPS[direction][1]
            (lx, ly), (rx, ry) = _AHEAD_LEFT[direction], _AHEAD_RIGHT[direction]
            if inside[y + ly + 1][x + lx + 1]:
                direction = (direction - 1) % 4
                break
            if not inside[y + ry + 1][x + rx + 1]:
                direction = (direction + 1) % 4
                break
        if (x, y) == start and direction == 0:
            return np.array(corners, np.int32) + np.array([left, top], np.int32)
