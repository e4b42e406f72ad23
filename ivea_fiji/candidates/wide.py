"""The search for wide clouds, on frames reduced by two: whose middle does not brighten, they have no narrow maximum.

A docked vesicle that empties into a cloud may be as bright in its middle as before, while a ring around it brightens.
The maxima of the ordinary search then lie on the ring; blurred as wide as the cloud, the change has one in the middle.
Ours.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ivea_fiji.candidates.differences import blur
from ivea_fiji.events.model import Candidates

REDUCTION = 2
"""By how much frames are made smaller; wide clouds lose nothing and time goes down to a quarter."""
_WIDE_UM = 0.4
_SIGMA_PX = (1.75, 4.0)
_UNKNOWN_SCALE_PX = 3.0
_SMALLEST_SIDE = 16
_SAME_PX = 1.5
"""Within these a wide maximum tells nothing new."""


def wide_sigma(pixel_size_um: float | None) -> float:
    """Return the blur of the wide search, px: 0.4 um within 1.75-4 px, 3 px if the pixel size is unknown."""
    if not pixel_size_um:
        return _UNKNOWN_SCALE_PX
    return float(np.clip(_WIDE_UM / pixel_size_um, *_SIGMA_PX))


def can_search_wide(shape: tuple[int, ...]) -> bool:
    """Tell whether frames ``(t, y, x)`` are large enough to be reduced."""
    return min(shape[1:]) >= _SMALLEST_SIDE


def reduced(frames: NDArray, sigma: float) -> NDArray[np.float32]:
    """Return frames averaged over squares of `REDUCTION` px and blurred by `sigma` px of the full frames.

    Parameters
    ----------
    frames
        ``(t, y, x)``, counts, any pixel type.
    sigma
        Standard deviation, px before reduction.

    Returns
    -------
    ndarray
        float32 ``(t, y // 2, x // 2)``.
    """
    _, height, width = frames.shape
    size = (width // REDUCTION, height // REDUCTION)
    small = np.empty((len(frames), size[1], size[0]), np.float32)
    for frame, target in zip(frames, small, strict=True):
        cv2.resize(np.ascontiguousarray(frame, np.float32), size, dst=target, interpolation=cv2.INTER_AREA)
    return blur(small, sigma / REDUCTION)


def full_size(
    candidates: Candidates, shape: tuple[int, ...], reduced_shape: tuple[int, ...], sigma: float
) -> Candidates:
    """Return candidates of reduced frames in px of the full ones; the blur is taken out of their width.

    Parameters
    ----------
    candidates
        Of the wide search.
    shape, reduced_shape
        Of full and reduced frames; the last two numbers count.
    sigma
        Blur of the wide search, px of the full frames.
    """
    scale_y, scale_x = (a / b for a, b in zip(shape[-2:], reduced_shape[-2:], strict=True))
    width = (candidates.sigma * (scale_y + scale_x) / 2) ** 2 - sigma**2 + 1
    return replace(
        candidates,
        y=((candidates.y + 0.5) * scale_y - 0.5).astype(np.float32),
        x=((candidates.x + 0.5) * scale_x - 0.5).astype(np.float32),
        sigma=np.sqrt(np.maximum(width, 1)).astype(np.float32),
    )


def with_wide(narrow: Candidates, wide: Candidates, lag: int) -> Candidates:
    """Return the candidates of both searches, each place and time once, sorted by frame.

    A wide maximum at a narrow one, at most `lag` frames apart since a step is as high in so many differences, makes
    that one as strong as itself, so that the middle of a cloud is stronger than what lies at its rim.
    """
    if not len(wide):
        return narrow
    if not len(narrow):
        return wide
    scale = np.array([_SAME_PX, _SAME_PX, lag])
    tree = cKDTree(np.column_stack([narrow.y, narrow.x, narrow.frame]) / scale)
    far, near = tree.query(np.column_stack([wide.y, wide.x, wide.frame]) / scale, p=np.inf)
    known = far <= 1
    strength = narrow.strength.copy()
    np.maximum.at(strength, near[known], wide.strength[known])
    narrow, new = replace(narrow, strength=strength), wide[~known]
    names = ("frame", "y", "x", "strength", "peak", "sigma", "direction")
    both = Candidates(*(np.concatenate([getattr(narrow, n), getattr(new, n)]) for n in names))
    return both[np.lexsort((both.x, both.y, both.frame))]
