"""What happens to the whole picture: cells, illumination, bleaching, flicker, drift, focus."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.canvas import log_uniform


def cells(rng: Generator, height: int, width: int) -> NDArray[np.float32]:
    """Draw one to three wobbly cells with soft edges: 1 inside, 0 outside, ``(y, x)``."""
    yy, xx = np.mgrid[:height, :width]
    out = np.zeros((height, width))
    for _ in range(rng.integers(1, 4)):
        cy, cx = rng.uniform(0.2, 0.8) * height, rng.uniform(0.2, 0.8) * width
        size = rng.uniform(0.25, 0.6) * min(height, width)
        angle = np.arctan2(yy - cy, xx - cx)
        edge = size * (1 + sum(rng.normal(0, 0.08) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(2, 6)))
        out = np.maximum(out, 1 / (1 + np.exp((np.hypot(yy - cy, xx - cx) - edge) / rng.uniform(1.5, 6))))
    return out.astype(np.float32)


def background(rng: Generator, cell: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Draw the light of cytosol, glass and fringes ``(y, x)``."""
    h, w = cell.shape
    texture = np.asarray(cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), rng.uniform(2, 12)))
    texture = texture / (texture.std() + 1e-9)
    out = level * (rng.uniform(0.1, 0.6) + cell * (1 + rng.uniform(0, 0.3) * texture))
    if rng.random() < 0.25:  # membrane structures: sharp, static
        sharp = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), rng.uniform(0.9, 1.6))
        out += level * rng.uniform(0.05, 0.4) * cell * np.maximum(sharp / sharp.std() - 1, 0)
    return np.maximum(out, 0.05 * level)


def illumination(rng: Generator, height: int, width: int) -> NDArray[np.float32]:
    """Draw an uneven beam, sometimes with interference fringes ``(y, x)``, about 1."""
    yy, xx = np.mgrid[:height, :width]
    cy, cx = rng.uniform(0, 1) * height, rng.uniform(0, 1) * width
    size = rng.uniform(0.7, 3) * max(height, width)
    beam = np.exp(-0.5 * ((yy - cy) ** 2 + (xx - cx) ** 2) / size**2)
    if rng.random() < 0.3:
        angle, period = rng.uniform(0, np.pi), rng.uniform(6, 40)
        phase = 2 * np.pi * (np.cos(angle) * yy + np.sin(angle) * xx) / period
        beam = beam * (1 + rng.uniform(0.02, 0.15) * np.cos(phase + rng.uniform(0, 6.3)))
    return (beam / beam.mean()).astype(np.float32)


def lamp(rng: Generator, frames: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw bleaching and flicker: the brightness of every frame, and the frames of a visible flicker."""
    time = np.arange(frames)
    out = np.ones(frames)
    if rng.random() < 0.7:
        out = rng.uniform(0, 0.5) + np.exp(-time / log_uniform(rng, 150, 8000))
        out /= out[0]
    shaken = np.zeros(0, np.int64)
    if rng.random() < 0.4:
        out *= 1 + rng.normal(0, rng.uniform(0.002, 0.025), frames)
    if rng.random() < 0.15:  # single dark or bright frames
        shaken = rng.integers(0, frames, rng.integers(1, 4))
        out[shaken] *= rng.uniform(0.5, 1.3)
    return out.astype(np.float32), shaken


def drift(rng: Generator, frames: int, strength: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw the shift of every frame, ``(t, 2)`` in px (y, x), and the frames of fast jumps."""
    way = np.zeros((frames, 2))
    if rng.random() < 0.6:
        way += np.cumsum(rng.normal(0, rng.uniform(0, 0.03) * strength, (frames, 2)), 0)
    if rng.random() < 0.3:
        way += rng.normal(0, rng.uniform(0, 0.12) * strength, (frames, 2))  # vibration
    jumps: list[int] = []
    for _ in range(rng.poisson(0.6)):
        t, lasts = int(rng.integers(0, frames)), int(rng.integers(1, 6))
        way[t : t + lasts if rng.random() < 0.7 else frames] += rng.normal(0, 1.5 * strength, 2)
        jumps.extend(range(t, min(t + lasts + 1, frames)))
    return way - way[0], np.array(jumps, np.int64)


def focus(rng: Generator, frames: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw the defocus of every frame (sigma of an extra blur, px) and the frames in which it is felt."""
    blur = np.zeros(frames)
    if rng.random() < 0.2:  # slow loss of focus
        start = int(rng.integers(0, frames))
        blur[start:] = np.linspace(0, rng.uniform(0.4, 1.2), frames - start)
    for _ in range(rng.poisson(0.5)):
        t, lasts = int(rng.integers(0, frames)), int(rng.integers(1, 8))
        blur[t : t + lasts] = rng.uniform(0.6, 2.2)
    return blur, np.flatnonzero(np.abs(np.diff(blur, prepend=blur[0])) > 0.2)


def move_and_blur(
    stack: NDArray[np.float32], way: NDArray[np.float64], blur: NDArray[np.float64], progress: Progress | None = None
) -> None:
    """Shift and defocus every frame of `stack` in place; `progress` is told, and asked whether to stop."""
    size = stack.shape[2], stack.shape[1]
    for i, (dy, dx) in enumerate(each(way, progress, "moving and blurring frames")):
        if max(abs(dy), abs(dx)) > 0.02:
            matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
            stack[i] = cv2.warpAffine(stack[i], matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if blur[i] > 0.1:
            stack[i] = cv2.GaussianBlur(stack[i], (0, 0), blur[i], borderType=cv2.BORDER_REPLICATE)
