"""Flashes: releases that are over within a frame or two, as fast sensors of transmitter show them (ours).

The network calls what lasts one frame noise, since in the movies that taught it only cosmic rays did. A flash is told
from these, from a stage that jumps and from what blinks or passes by rules on the 13 curves: it stands far out of all
that the place does otherwise, it happens once within the window, it is wider than a pixel, and nothing beside it dims.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RINGS = (slice(1, 5), slice(5, 9))
_OUTER = slice(9, 13)
STRONG = 15.0
"""Least strength of a candidate that may be a flash, noise SD."""
CHANCE = 0.999
"""Probability that a flash is given; the rules leave little room for anything else."""
_NEAR = 4
"""Frames around the onset within which the flash is looked for."""
_LASTS = 2
"""Frames after its first within which it is over."""
HEIGHT = 12.0
"""Height over the noise of the rest of the window."""
_LEFT = 0.3
"""Most of its height that the curve reaches in any other frame, and that any region dims by."""
_WIDE = 0.12
"""Least part of its height that each quadrant of the inner ring shows."""


def find_flashes(vectors: NDArray[np.float32], before: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Tell which curves are a flash.

    Parameters
    ----------
    vectors
        ``(n, 13, t)``, the 13 curves of each place in any unit.
    before
        Index of the onset.

    Returns
    -------
    flash, shift
        Whether each is a flash ``(n,)``, and by how many frames its first frame differs from the onset.
    """
    n, _, frames = vectors.shape
    rows = np.arange(n)
    core = vectors[:, 0] - vectors[:, _OUTER].mean(axis=1)
    low, high = max(before - _NEAR, 1), min(before + _NEAR + 1, frames - 1)
    top = low + core[:, low:high].argmax(axis=1)
    apart = np.arange(frames)[None] - top[:, None]
    rest = (apart < -1) | (apart > _LASTS)
    other = np.where(rest, core, np.nan)
    level = np.nanmedian(other, axis=1)
    noise = 1.4826 * np.nanmedian(np.abs(other - level[:, None]), axis=1)
    height = core[rows, top] - level
    alone = np.nanmax(np.abs(other - level[:, None]), axis=1) <= _LEFT * height
    # What each region gains in that frame, beside its own level.
    quiet = np.nanmedian(np.where(rest[:, None], vectors, np.nan), axis=2)
    gain = vectors[rows, :, top] - quiet
    far = gain[:, _OUTER].mean(axis=1)
    wide = (gain[:, _RINGS[0]] - far[:, None] >= _WIDE * height[:, None]).all(axis=1)
    steady = gain.min(axis=1) >= -_LEFT * height
    # What passes by shows in other regions before or after.
    elsewhere = np.abs(np.where(rest[:, None], vectors - quiet[:, :, None], 0)).max(axis=(1, 2))
    steady &= elsewhere <= _LEFT * height
    flash = (height > 0) & (height >= HEIGHT * noise) & alone & wide & steady
    return flash, np.where(flash, top - before, 0)
