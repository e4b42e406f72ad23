"""A layer of fluorescent sensors as a camera sees it: patchy, drifting in places, bleaching, under an unsteady lamp."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.canvas import log_uniform

_SOFT = 0.15
"""Over this part of half of the diagonal the light falls off at a border."""


@dataclass(frozen=True)
class LayerRanges:
    """Limits between which a layer is drawn (log-uniform for `electrons`, uniform otherwise)."""

    electrons: tuple[float, float] = (150.0, 3000.0)
    """Mean photoelectrons per pixel and frame."""
    contrast: tuple[float, float] = (0.2, 0.7)
    """Standard deviation of the patches over their mean."""
    patch_px: tuple[float, float] = (1.5, 12.0)
    """Standard deviation of the blur that makes the patches."""
    drift: tuple[float, float] = (0.005, 0.04)
    """Standard deviation of the patchy drift, over the brightness."""
    drift_px: tuple[float, float] = (12.0, 50.0)
    drift_frames: tuple[float, float] = (40.0, 200.0)
    """Time in which the patchy drift forgets itself."""
    bleaching: tuple[float, float] = (0.05, 0.4)
    """Part of the light that is lost by the end."""
    uneven_bleaching: float = 0.4
    """By how much bright patches may bleach faster or slower than dim ones."""
    flicker: tuple[float, float] = (0.0, 0.01)
    """Standard deviation of the lamp."""
    jumps: float = 1.0
    """Mean number of frames in which the lamp fails."""
    vignette: float = 0.0
    """Radius of the light over half of the image's diagonal, beyond which there is none; 0 for no such border."""
    empty: int = 0
    """Frames without any light."""


def draw_layer(rng: Generator, height: int, width: int, ranges: LayerRanges) -> NDArray[np.float32]:
    """Draw the brightness of the sensors, ``(y, x)``, about 1: coarse and fine patches and an uneven lamp."""
    patches = np.zeros((height, width), np.float32)
    for sigma in (rng.uniform(*ranges.patch_px), rng.uniform(*ranges.patch_px) * 4):
        patches += _smooth_noise(rng, height, width, sigma)
    layer = np.exp(rng.uniform(*ranges.contrast) / np.sqrt(2) * patches)
    yy, xx = np.mgrid[:height, :width]
    cy, cx = rng.uniform(0.2, 0.8) * height, rng.uniform(0.2, 0.8) * width
    size = rng.uniform(0.8, 3) * max(height, width)
    layer *= np.exp(-0.5 * ((yy - cy) ** 2 + (xx - cx) ** 2) / size**2)
    layer /= layer.mean()
    if ranges.vignette:
        far = np.hypot(yy - (height - 1) / 2, xx - (width - 1) / 2) / (0.5 * np.hypot(height, width))
        layer *= np.clip((ranges.vignette - far) / _SOFT, 0, 1)
    return np.asarray(layer, np.float32)


def unsteady(
    rng: Generator, layer: NDArray[np.float32], frames: int, ranges: LayerRanges
) -> tuple[NDArray[np.float32], dict[str, float]]:
    """Let the layer drift, bleach and flicker.

    Returns
    -------
    ndarray, dict
        Brightness ``(t, y, x)``, and what was drawn.
    """
    height, width = layer.shape
    time = np.arange(frames, dtype=np.float32) / max(frames - 1, 1)
    lost, uneven = rng.uniform(*ranges.bleaching), rng.uniform(-1, 1) * ranges.uneven_bleaching
    rank = np.clip((layer - layer.mean()) / (2 * layer.std() + 1e-9), -1, 1)
    rate = -np.log(1 - lost) * (1 + uneven * rank)
    lamp = 1 + rng.normal(0, rng.uniform(*ranges.flicker), frames)
    failing = rng.integers(0, frames, rng.poisson(ranges.jumps))
    lamp[failing] *= rng.uniform(0.85, 1.1, len(failing))
    if ranges.empty:
        lamp[rng.integers(0, frames, ranges.empty)] = 0
    strength, blur = rng.uniform(*ranges.drift), rng.uniform(*ranges.drift_px)
    memory = np.exp(-1 / log_uniform(rng, *ranges.drift_frames))
    drift = _smooth_noise(rng, height, width, blur)
    out = np.empty((frames, height, width), np.float32)
    for t in range(frames):
        out[t] = layer * np.exp(-rate * time[t]) * (1 + strength * drift) * lamp[t]
        drift = memory * drift + np.sqrt(1 - memory**2) * _smooth_noise(rng, height, width, blur)
    drawn = {"bleached": float(lost), "uneven_bleaching": float(uneven), "drift": float(strength),
             "drift_px": float(blur), "drift_frames": float(-1 / np.log(memory)), "lamp_failures": len(failing)}
    return out, drawn


def _smooth_noise(rng: Generator, height: int, width: int, sigma: float) -> NDArray[np.float32]:
    """Draw a smooth field of mean 0 and standard deviation 1, made coarsely where it is smooth."""
    step = max(1, int(sigma // 3))
    small = (height // step + 9, width // step + 9)
    field = np.asarray(cv2.GaussianBlur(rng.standard_normal(small, np.float32), (0, 0), sigma / step))
    whole = cv2.resize(field, (small[1] * step, small[0] * step), interpolation=cv2.INTER_CUBIC)
    top, left = 4 * step, 4 * step
    # Scaled by what white noise keeps after such a blur, not by its own spread: a wide field has few independent parts.
    kept = 1 / (2 * np.sqrt(np.pi) * sigma / step)
    return np.asarray(whole[top : top + height, left : left + width] / kept, np.float32)
