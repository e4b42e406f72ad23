"""The light at a place over time: in the middle, in the spot, around it, and where its weight lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BEFORE, AFTER = 100, 100
"""Frames before and after the peak that are looked at."""
FRAMES = BEFORE + AFTER + 1
SECTORS = 8
_CORE, _SPOT, _FLANK, _RING = 1.5, 2.6, 4.5, (6.0, 9.0)
"""Radii in px where 1.6 um are 12 px; they scale with the vision radius."""
_FULL_RADIUS = 12
COLUMNS = 5 + SECTORS
"""Values of a frame: core, spot, flank, moments along y and x, and the sectors of the ring."""
CORE, SPOT, FLANK, MOMENT_Y, MOMENT_X = range(5)


@dataclass(frozen=True)
class Courses:
    """Light around candidates over time, peaks aligned; frames outside the movie are NaN.

    Attributes
    ----------
    values
        float32 ``(n, 201, 13)``, counts: `COLUMNS`.
    """

    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def ring(self) -> NDArray[np.float32]:
        """Background around the spot ``(n, t)``: the median of the sectors, so that a neighbour does not count."""
        sectors = np.sort(self.values[..., 5:], axis=-1)
        return 0.5 * (sectors[..., SECTORS // 2 - 1] + sectors[..., SECTORS // 2])


def ring_radius(vision_radius: int) -> int:
    """Return the radius of what is looked at around a place, px."""
    return int(np.ceil(_RING[1] * vision_radius / _FULL_RADIUS))


@lru_cache(maxsize=8)
def _weights(vision_radius: int) -> NDArray[np.float32]:
    """Return what makes `COLUMNS` of the pixels of a window ``(pixels, columns)``."""
    scale = vision_radius / _FULL_RADIUS
    reach = ring_radius(vision_radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(float)
    r = np.hypot(y, x)

    def disc(radius: float) -> NDArray[np.float64]:
        # A soft edge of one pixel, or small radii would jump from one pixel to nine.
        return np.clip(radius * scale - r + 0.5, 0, 1)

    core, spot, wide = disc(_CORE), disc(_SPOT), disc(_FLANK)
    ring = disc(_RING[1]) - disc(_RING[0])
    sector = np.floor(np.mod(np.arctan2(y, x) / (2 * np.pi) * SECTORS + 0.5, SECTORS)).astype(int)
    columns = [core, spot, wide - spot]
    columns = [c / c.sum() for c in columns]
    columns += [wide / wide.sum() * y / scale, wide / wide.sum() * x / scale]
    columns += [c / c.sum() for c in (ring * (sector == k) for k in range(SECTORS))]
    return np.stack(columns, axis=-1).reshape(-1, COLUMNS).astype(np.float32)


def courses_of(
    windows: NDArray[np.float32], first: NDArray, inside: NDArray[np.bool_], vision_radius: int
) -> Courses:
    """Return the light in windows around candidates.

    Parameters
    ----------
    windows
        ``(n, t, h, h)`` with ``h = 2 ring_radius(vision_radius) + 1``, counts.
    first
        Index of the frame `BEFORE` frames before the peak ``(n,)``.
    inside
        Which frames of the windows are in the movie ``(n, t)``.
    vision_radius
        Radius of what the network sees, px.
    """
    n, frames = windows.shape[:2]
    # In double precision: single sums depend on how many threads share them, and trees make steps of such differences.
    sums = windows.reshape(n * frames, -1).astype(np.float64) @ _weights(vision_radius).astype(np.float64)
    light: NDArray[np.float32] = sums.reshape(n, frames, COLUMNS).astype(np.float32)
    light[~inside] = np.nan
    rows = np.arange(n)[:, None]
    return Courses(light[rows, np.asarray(first)[:, None] + np.arange(FRAMES)])
