"""From light to counts: cameras and the faults of their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.canvas import log_uniform


@dataclass(frozen=True)
class CameraRanges:
    """Limits between which a camera is drawn."""

    em_share: float = 0.4
    """Share of EMCCD cameras; the others are sCMOS."""
    gain: tuple[float, float] = (0.3, 15.0)
    """Counts per photoelectron."""
    read_noise: tuple[float, float] = (0.6, 6.0)
    """Electrons (sCMOS), or counts after the register (EMCCD)."""
    offset: tuple[float, float] = (60.0, 500.0)
    pixel_gain_sd: float = 0.02
    column_sd: float = 0.6
    """Fixed offset of whole columns and rows, in read noise."""
    hot_share: float = 3e-4
    """Share of warm pixels with strong noise (sCMOS)."""
    eight_bit_share: float = 0.12
    """Share of movies saved as 8 bit."""


def record(
    light: NDArray[np.float32], rng: Generator, r: CameraRanges, progress: Progress | None = None
) -> tuple[NDArray[np.uint16], float, dict[str, float | str]]:
    """Record a noise-free movie.

    Parameters
    ----------
    light
        Photoelectrons per pixel and frame ``(t, y, x)``; not changed.
    rng
        Source of chance.
    r
        What cameras there are.
    progress
        Told how many frames are recorded, and asked whether to stop.

    Returns
    -------
    frames, gain, camera
        Counts, counts per photoelectron, and what was drawn.
    """
    em = rng.random() < r.em_share
    gain = float(np.exp(rng.uniform(*np.log(r.gain))))
    read = float(np.exp(rng.uniform(*np.log(r.read_noise))))
    offset = rng.uniform(*r.offset)
    frame = light.shape[1:]
    pixel_gain = (1 + rng.normal(0, rng.uniform(0, r.pixel_gain_sd), frame)).astype(np.float32)
    fixed = rng.normal(0, 0.3 * read, frame) if rng.random() < 0.5 else np.zeros(frame)
    if rng.random() < 0.4:
        fixed = fixed + rng.normal(0, r.column_sd * read, (1, frame[1])) + rng.normal(0, 0.3 * read, (frame[0], 1))
    noise_sd = np.full(frame, read, np.float32)
    if not em and rng.random() < 0.6:
        noise_sd *= np.exp(rng.normal(0, 0.25, frame)).astype(np.float32)
        hot = rng.random(frame) < r.hot_share
        noise_sd[hot] *= rng.uniform(3, 15)
    correlated = log_uniform(rng, 0.35, 1.2) if rng.random() < 0.2 else 0.0  # resampled or smoothed by the software
    out = np.empty(light.shape, np.float32)
    induced = rng.uniform(0, 0.01) if em else 0.0
    # The excess noise of the multiplication register: a gamma of the number of electrons.
    for i, frame_light in enumerate(each(light, progress, "recording frames")):
        electrons = rng.poisson(np.maximum(frame_light * pixel_gain, 0) + induced).astype(np.float32)
        if em:
            electrons = rng.standard_gamma(np.maximum(electrons, 1e-3)).astype(np.float32)
        electrons += rng.standard_normal(frame, dtype=np.float32) * noise_sd + fixed.astype(np.float32)
        if correlated:
            electrons = cv2.GaussianBlur(electrons, (9, 9), correlated)
        out[i] = electrons
    out *= gain
    out += offset
    eight_bit = rng.random() < r.eight_bit_share
    if eight_bit:
        low, high = np.percentile(out[:: max(len(out) // 20, 1)], (0.05, 99.98))
        scale = 230 / max(high - low, 1)
        out = (out - low) * scale + 10
        gain *= scale
    limit = 255 if eight_bit else 65535
    frames = np.clip(np.rint(out, out=out), 0, limit, out=out).astype(np.uint16)
    kind = "EMCCD" if em else "sCMOS"
    bits = 8 if eight_bit else 16
    return frames, gain, {"camera": kind, "gain": gain, "read_noise": read, "offset": offset, "bits": bits}
