"""The whole picture of widefield movies: cells behind everything, and what happens to all of it at once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

_COARSE = 4
_MARGIN = 24
"""Pixels kept around the picture, for a stage that moves."""


def _log(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _smooth(rng: Generator, shape: tuple[int, int], sigma: float) -> NDArray[np.float32]:
    """Return smooth noise with mean 0 and standard deviation 1."""
    wide = cv2.GaussianBlur(rng.normal(size=shape).astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return (wide - wide.mean()) / max(float(wide.std()), 1e-6)


@dataclass(frozen=True)
class Disturbance:
    """What happens to the whole picture, one value per frame ``(t,)``."""

    shift: NDArray[np.float64]
    """Drift and jumps of the stage ``(t, 2)``, px."""
    focus: NDArray[np.float64]
    """How far the focus is off, um."""
    lamp: NDArray[np.float64]
    """Brightness of the light source, about 1."""
    fading: NDArray[np.float64]
    """What bleaching has left."""

    @property
    def sudden(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the frames that begin with another place, and those with another focus or brightness."""
        far = np.hypot(*np.diff(self.shift, axis=0).T)
        focus, lamp = np.abs(np.diff(self.focus)), np.abs(np.diff(self.lamp))

        def unusual(change: NDArray, least: float) -> NDArray:
            # What trembles in every frame hides nothing that happens once.
            return change > max(least, 5 * float(np.median(change)) if len(change) else 0.0)

        return (
            np.flatnonzero(unusual(far, 0.7)) + 1,
            np.flatnonzero(unusual(focus, 0.07) | unusual(lamp, 0.06)) + 1,
        )


def disturb(rng: Generator, frames: int) -> Disturbance:
    """Draw drift, focus, lamp and bleaching of a movie."""
    t = np.arange(frames)
    shift = np.zeros((frames, 2))
    if rng.random() < 0.5:
        shift += t[:, None] / frames * rng.normal(0, _log(rng, 0.3, 6), 2)
    if rng.random() < 0.3:
        shift += np.cumsum(rng.normal(0, _log(rng, 0.01, 0.15), (frames, 2)), 0)
    if rng.random() < 0.12:  # vibration
        shift += rng.normal(0, _log(rng, 0.05, 0.5), (frames, 2))
    focus, lamp = np.zeros(frames), np.ones(frames)
    if rng.random() < 0.35:
        focus += t / frames * rng.normal(0, 0.25)
    if rng.random() < 0.3:
        lamp *= 1 + rng.normal(0, _log(rng, 0.002, 0.05), frames)
    if rng.random() < 0.1:
        lamp *= 1 + _log(rng, 0.01, 0.1) * np.sin(2 * np.pi * t / _log(rng, 2.2, 60))

    def episode(share: float, most: int) -> list[slice]:
        if rng.random() >= share:
            return []
        starts = rng.integers(1, max(frames, 2), int(rng.integers(1, most + 1)))
        return [slice(s, s + (1 if rng.random() < 0.5 else round(_log(rng, 1, frames)))) for s in starts.tolist()]

    for part in episode(0.12, 3):
        shift[part] += rng.normal(0, _log(rng, 0.7, 6), 2)
    for part in episode(0.18, 4):
        focus[part] += rng.choice([-1, 1]) * _log(rng, 0.08, 0.7)
    for part in episode(0.15, 3):
        lamp[part] *= rng.uniform(0.6, 0.93) if rng.random() < 0.5 else rng.uniform(1.07, 1.8)
    for part in episode(0.08, 3):  # a shutter that is late
        lamp[part.start : part.start + 1] *= rng.uniform(0.0, 0.6)
    shift = np.clip(shift, -_MARGIN + 4, _MARGIN - 4)
    fading = np.ones(frames)
    if rng.random() < 0.6:
        rest = rng.uniform(0, 0.6)
        fading = rest + (1 - rest) * np.exp(-t / (frames * _log(rng, 0.4, 15)))
    return Disturbance(shift, focus.clip(-0.9, 0.9), lamp, fading)


class Backdrop:
    """Light of the cells themselves, behind everything: it has structure, edges that move, and waves."""

    def __init__(self, rng: Generator, frames: int, height: int, width: int) -> None:
        self.shape = height, width
        self._full = height + 2 * _MARGIN, width + 2 * _MARGIN
        coarse = -(-self._full[0] // _COARSE), -(-self._full[1] // _COARSE)
        scale = _log(rng, 4, 25)
        self._level = _smooth(rng, coarse, scale) + rng.uniform(-0.3, 2.2)
        self._edge = _log(rng, 0.03, 0.5)
        moves = _log(rng, 0.05, 1.5) if rng.random() < 0.35 else 0.0
        self._moves = [moves * _smooth(rng, coarse, max(scale / 3, 2)) for _ in range(2)]
        self._phase, self._turns = rng.uniform(0, 6.28), _log(rng, 0.2, 12)
        texture = 1 + _log(rng, 0.01, 0.3) * _smooth(rng, self._full, _log(rng, 1.5, 12))
        if rng.random() < 0.4:  # nuclei and other hollows
            texture *= 1 - rng.uniform(0.2, 0.8) * (_smooth(rng, self._full, _log(rng, 12, 30)) > 1)
        self._texture = cv2.GaussianBlur(texture.clip(0.05), (0, 0), 1.2)
        self._outside = rng.uniform(0.02, 0.6)
        self._frames = frames
        self._waves = self._draw_waves(rng, coarse)

    def _draw_waves(self, rng: Generator, coarse: tuple[int, ...]) -> list[tuple[NDArray, float, float, float]]:
        """Draw waves: where and when each arrives ``(y, x)``, how it rises and falls, and how high."""
        out = []
        for _ in range(int(rng.integers(1, 5)) if rng.random() < 0.3 else 0):
            source = rng.uniform(0, 1, 2) * coarse
            yy, xx = np.mgrid[: coarse[0], : coarse[1]]
            speed = _log(rng, 0.3, 60) / _COARSE
            far = np.hypot(yy - source[0], xx - source[1]) + 3 * _smooth(rng, (coarse[0], coarse[1]), 5)
            arrives = rng.uniform(-10, self._frames) + far / speed
            out.append((arrives, _log(rng, 0.5, 25), _log(rng, 2, 80), _log(rng, 0.03, 0.8)))
        return out

    def cell(self, t: int) -> NDArray[np.float32]:
        """Return where cells are at a frame, coarse, 0 to 1."""
        a = self._phase + 2 * np.pi * self._turns * t / max(self._frames, 1) / 4
        level = self._level + np.sin(a) * self._moves[0] + np.cos(a) * self._moves[1]
        return (1 / (1 + np.exp(-np.clip(level / self._edge, -30, 30)))).astype(np.float32)

    def still(self) -> NDArray[np.float32]:
        """Return where cells are in the first frame ``(y, x)``."""
        whole = cv2.resize(self.cell(0), self._full[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole, np.float32)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]

    def frame(self, t: int, shift: NDArray, blur: float) -> NDArray[np.float32]:
        """Return the backdrop of a frame ``(y, x)``, about 1 within cells; `shift` and `blur` in px."""
        light: NDArray[np.float32] = self._outside + (1 - self._outside) * self.cell(t)
        for arrives, rise, fall, height in self._waves:
            since = np.maximum(t - arrives, 0)
            light *= (1 + height * (1 - np.exp(-since / rise)) * np.exp(-since / fall)).astype(np.float32)
        whole: NDArray = self._texture * cv2.resize(light, self._full[::-1], interpolation=cv2.INTER_LINEAR)
        if blur > 0.5:
            whole = cv2.GaussianBlur(whole, (0, 0), blur)
        move = np.array([[1, 0, shift[1] - _MARGIN], [0, 1, shift[0] - _MARGIN]], np.float32)
        moved = cv2.warpAffine(whole, move, self.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(moved, np.float32)


def vignette(rng: Generator, height: int, width: int) -> NDArray[np.float32]:
    """Return how bright the field is lit ``(y, x)``, at most 1."""
    yy, xx = np.mgrid[:height, :width]
    size = max(height, width)
    cy, cx = (n * rng.uniform(0.2, 0.8) for n in (height, width))
    sigma = size * _log(rng, 0.5, 5)
    lit = np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (2 * sigma**2))
    if rng.random() < 0.25:  # interference of a laser
        angle, period = rng.uniform(0, np.pi), _log(rng, 6, 60)
        wave = np.sin(2 * np.pi * (yy * np.sin(angle) + xx * np.cos(angle)) / period)
        lit *= 1 + rng.uniform(0.02, 0.15) * wave
    return (lit / lit.max()).astype(np.float32)
