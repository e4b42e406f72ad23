"""Simulated movies as another camera, or another program, would have written them.

What people give to the program has often been resampled, converted to 8 bits, or smoothed. What happens in the movie
stays the same, so that its truth stays too; only places are scaled.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.truth import SimulatedMovie

_ZOOM = (0.65, 1.7)
_MOST_PX = 256
_BLUR_PX = (0.4, 1.0)
_EXTRA_NOISE = (0.3, 1.2)
"""Noise added, in units of what is there."""
_TOP = (99.9, 100.0)
"""Percentiles that become the largest value of 8 bits."""


def retaken(sim: SimulatedMovie, rng: Generator) -> SimulatedMovie:
    """Return a movie after one or two of: another pixel size, smoothing, more noise, 8 bits.

    Parameters
    ----------
    sim
        The movie.
    rng
        Chooses what is done to it, and how much.
    """
    chosen = rng.choice(4, size=rng.integers(1, 3), replace=False)
    if 0 in chosen:
        sim = _resampled(sim, float(np.exp(rng.uniform(*np.log(_ZOOM)))))
    frames = sim.frames.astype(np.float32)
    if 1 in chosen:
        blur = float(rng.uniform(*_BLUR_PX))
        frames = np.stack([cv2.GaussianBlur(frame, (0, 0), blur) for frame in frames])
    if 2 in chosen:
        noise = np.median(np.abs(np.diff(frames, axis=0))) / 0.954
        frames = frames + rng.normal(0, noise * rng.uniform(*_EXTRA_NOISE), frames.shape).astype(np.float32)
    if 3 in chosen:
        low, high = frames.min(), np.percentile(frames, rng.uniform(*_TOP))
        written = ((frames - low) / max(high - low, 1e-6) * 255).clip(0, 255).round().astype(np.uint8)
    else:
        written = frames.round().clip(0, 65535).astype(np.uint16)
    return replace(sim, frames=written)


def _resampled(sim: SimulatedMovie, zoom: float) -> SimulatedMovie:
    """Return a movie with more, or fewer, pixels for the same field; a corner of it where it would be large."""
    height, width = (min(round(n * zoom), _MOST_PX) for n in sim.frames.shape[1:])
    part = tuple(int(np.ceil(n / zoom)) for n in (height, width))
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    frames = np.stack([
        cv2.resize(frame[: part[0], : part[1]].astype(np.float32), (width, height), interpolation=how)
        for frame in sim.frames
    ])  # fmt: skip

    def place(at: float) -> float:
        return (at + 0.5) * zoom - 0.5

    def inside(y: float, x: float) -> bool:
        return bool(place(y) < height and place(x) < width)

    def rows(of: NDArray[np.float32], y: int) -> NDArray[np.float32]:
        out = of.copy()
        out[:, y:] = place(out[:, y:])
        return out[~(out[:, y] >= height) & ~(out[:, y + 1] >= width)]

    events = tuple(
        replace(e, y=place(e.y), x=place(e.x), sigma=e.sigma * zoom) for e in sim.events if inside(e.y, e.x)
    )
    return replace(
        sim, frames=frames.clip(0, None), events=events, artefacts=rows(sim.artefacts, 2),
        unclear=rows(sim.unclear, 1), pixel_size_um=sim.pixel_size_um and sim.pixel_size_um / zoom, mask=None,
    )  # fmt: skip
