"""A small layer of sensors made by hand, with hotspots whose frames and pixels are known."""

from __future__ import annotations

import numpy as np
from movie_material import spot

HOTSPOTS = ((20, 27, 24.0, 30.0), (40, 44, 60.0, 62.0), (60, 69, 24.0, 30.0))
"""First and last frame, y and x; the first and the last happen at one place."""
SIGMA = 4.0


def sensors(
    frames: int = 90, height: int = 84, width: int = 90, *, seed: int = 0, df_f: float = 0.3, noise: float = 12.0,
    bleaching: float = 0.2, flicker: float = 0.01,
) -> np.ndarray:
    """Return a patchy layer that bleaches under a flickering lamp ``(t, y, x)``, float32, about 500 counts."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:height, :width]
    layer = 500 * (1 + 0.3 * np.sin(yy / 5) * np.cos(xx / 7))
    lamp = np.linspace(1, 1 - bleaching, frames) * (1 + rng.normal(0, flicker, frames))
    change = np.zeros((frames, height, width))
    for start, end, y, x in HOTSPOTS if df_f else ():
        change[start : end + 1] += df_f * spot((height, width), y, x, SIGMA)
    light = layer * lamp[:, None, None] * (1 + change)
    return (light + rng.normal(0, noise, light.shape)).astype(np.float32)
