"""Microscope of movies of molecules: what one molecule looks like, the glow of cells, lamp, stage and focus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft, ndimage, special

PAD = 24
"""Pixels that are drawn around the picture, so that nothing begins at its border."""
_FINE = 5  # samples per pixel and direction of a point-spread function


def point_image(rng: Generator, pixel_um: float) -> tuple[NDArray[np.float64], str]:
    """Return the image of one molecule ``(k, k)``, sum 1: a disc of Airy, with weak tails, or with astigmatism."""
    half = int(np.clip(np.ceil(1.2 / pixel_um), 4, 18))
    fine = (np.arange((2 * half + 1) * _FINE) - (2 * half + 1) * _FINE // 2) / _FINE * pixel_um
    how = str(rng.choice(["airy", "moffat", "astigmatic"], p=[0.4, 0.35, 0.25]))
    fwhm = rng.uniform(0.2, 0.34)  # um
    stretch, turn = (rng.uniform(1.05, 1.5), rng.uniform(0, np.pi)) if how == "astigmatic" else (1.0, 0.0)
    v = (np.cos(turn) * fine[:, None] + np.sin(turn) * fine) * np.sqrt(stretch)
    u = (np.cos(turn) * fine - np.sin(turn) * fine[:, None]) / np.sqrt(stretch)
    r = np.hypot(u, v) / fwhm
    if how == "airy":
        q = np.maximum(r * 3.2327, 1e-9)  # half of the height at r = 0.5
        image = (2 * special.j1(q) / q) ** 2
    else:
        beta = rng.uniform(2.2, 5.0) if how == "moffat" else 6.0
        image = (1 + 4 * (2 ** (1 / beta) - 1) * r**2) ** -beta
    image = image.reshape(2 * half + 1, _FINE, 2 * half + 1, _FINE).sum(axis=(1, 3))
    return image / image.sum(), how


def field(rng: Generator, shape: tuple[int, int], grain: float) -> NDArray[np.float64]:
    """Return a smooth random field ``(h, w)`` without borders, mean 0 and standard deviation 1."""
    out = ndimage.gaussian_filter(rng.normal(0, 1, shape), grain, mode="wrap")
    return (out - out.mean()) / max(float(out.std()), 1e-12)


def footprint(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the part of cells in every pixel of the padded picture ``(h, w)``: all of it, or with edges."""
    if rng.random() < 0.3:
        return np.ones(shape)
    ground = field(rng, shape, rng.uniform(0.12, 0.35) * min(shape)) + 0.25 * field(rng, shape, rng.uniform(2, 8))
    inside = ground > np.quantile(ground, rng.uniform(0.05, 0.55))
    return ndimage.gaussian_filter(inside.astype(float), rng.uniform(0.5, 4), mode="wrap")


def glow(rng: Generator, cell: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return two states of the background ``(2, h, w)``, photons, between which the movie goes to and fro."""
    shape = (cell.shape[0], cell.shape[1])
    coarse = field(rng, shape, np.exp(rng.uniform(np.log(4), np.log(40))))
    fine = [field(rng, shape, np.exp(rng.uniform(np.log(1.2), np.log(8)))) for _ in range(2)]
    rough, deep = rng.uniform(0.05, 0.5), rng.choice([0.03, 0.12, 0.3]) * rng.uniform(0.3, 1.2)
    neighbour = np.exp(rng.uniform(0, 0.6) * np.sign(field(rng, shape, 0.25 * min(shape))))
    glass = rng.uniform(0.02, 0.5)
    lines = _fibres(rng, shape) * rng.uniform(0.1, 0.8) if rng.random() < 0.3 else 0.0
    return np.stack(
        [level * (glass + (1 - glass) * cell * (neighbour * np.exp(rough * coarse + deep * f) + lines)) for f in fine]
    )


def _fibres(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return thin bent lines ``(h, w)``, as of a network in the cell."""
    out = np.zeros(shape)
    for _ in range(int(rng.integers(8, 50))):
        turn = rng.uniform(0, 6.3) + np.cumsum(rng.normal(0, 0.04, 400))
        y = (rng.uniform(0, shape[0]) + np.cumsum(np.sin(turn) * 0.5)).astype(int) % shape[0]
        x = (rng.uniform(0, shape[1]) + np.cumsum(np.cos(turn) * 0.5)).astype(int) % shape[1]
        out[y, x] += rng.uniform(0.3, 1)
    return ndimage.gaussian_filter(out, 0.8, mode="wrap") * 2


@dataclass(frozen=True)
class Course:
    """What happens to the whole picture, one value per frame."""

    lamp: NDArray[np.float64]
    bleaching: NDArray[np.float64]
    shift: NDArray[np.float64]
    """Way of the stage ``(t, 2)``, px."""
    blur: NDArray[np.float64]
    """Standard deviation that defocus adds, px."""
    mixing: NDArray[np.float64]
    """Share of the second state of the background."""
    illumination: NDArray[np.float64]
    """Profile of the light ``(h, w)``, mean 1."""
    rows: list[tuple[int, int]]
    """Classes and frames of abrupt changes everywhere."""


def course(rng: Generator, frames: int, shape: tuple[int, int]) -> Course:
    """Draw lamp, bleaching, stage and focus of a movie."""
    time, rows = np.arange(frames), []
    lamp = 1 + rng.choice([0.0, 0.004, 0.03]) * rng.normal(0, 1, frames)
    if rng.random() < 0.1:
        lamp *= 1 + rng.uniform(0.02, 0.15) * np.sin(2 * np.pi * time / rng.uniform(2.1, 40))
    for _ in range(rng.poisson(0.5)):  # single frames, or from a frame on
        t, part = int(rng.integers(1, frames)), rng.choice([rng.uniform(0.2, 0.9), rng.uniform(1.1, 1.8)])
        lamp[t : t + 1 if rng.random() < 0.7 else frames] *= part
        rows.append((-5, t))
    bleaching = np.ones(frames)
    if rng.random() < 0.6:
        floor = rng.uniform(0, 0.6)
        bleaching = floor + (1 - floor) * np.exp(-time / (frames * np.exp(rng.uniform(np.log(0.3), np.log(20)))))
    shift = np.cumsum(rng.normal(0, np.exp(rng.uniform(np.log(0.002), np.log(0.08))), (frames, 2)), axis=0)
    shift += time[:, None] * rng.normal(0, 1, 2) * rng.choice([0, 0.003, 0.02])
    shift += rng.normal(0, rng.choice([0, 0.05, 0.25], p=[0.6, 0.3, 0.1]), (frames, 2))
    for _ in range(rng.poisson(0.25)):
        t = int(rng.integers(1, frames))
        shift[t : t + 1 if rng.random() < 0.3 else frames] += rng.normal(0, 1.5, 2)
        rows.append((-8, t))
    blur = np.zeros(frames)
    for _ in range(rng.poisson(0.3)):
        t, lasts = int(rng.integers(1, frames)), int(np.exp(rng.uniform(0, np.log(frames))))
        blur[t : t + lasts] += rng.uniform(0.4, 2.0)
        rows += [(-5, t), (-5, min(t + lasts, frames - 1))]
    if rng.random() < 0.2:
        blur += np.abs(rng.normal(0, 1)) * np.linspace(0, 1, frames) ** 2
    mixing = 0.5 + 0.5 * np.sin(2 * np.pi * (time / (frames * rng.uniform(0.5, 8)) + rng.random()))
    y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j]
    cy, cx = rng.uniform(-0.4, 0.4, 2)
    light = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / rng.uniform(0.5, 6))
    if rng.random() < 0.25:  # fringes of interference
        light *= 1 + rng.uniform(0.02, 0.12) * np.sin(rng.uniform(10, 60) * y + rng.uniform(10, 60) * x)
    shift = np.clip(shift - shift[0], 4 - PAD, PAD - 4)
    return Course(np.clip(lamp, 0.1, None), bleaching, shift, blur, mixing, light / light.mean(), rows)


class Lens:
    """Makes pictures of padded sheets of light: convolves with the image of a molecule."""

    def __init__(self, image: NDArray, glow: NDArray, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._size = (fft.next_fast_len(shape[0] + 2 * PAD, True), fft.next_fast_len(shape[1] + 2 * PAD, True))
        sheet = np.zeros(self._size, np.float32)
        k = image.shape[0]
        sheet[:k, :k] = image
        self._fy = fft.fftfreq(self._size[0])[:, None].astype(np.float32)
        self._fx = fft.rfftfreq(self._size[1]).astype(np.float32)
        self._transfer = fft.rfft2(np.roll(sheet, (-(k // 2), -(k // 2)), (0, 1)))
        rim = [(0, s - g) for s, g in zip(self._size, glow.shape[1:], strict=True)]
        self._glow = [fft.rfft2(np.pad(g, rim, mode="wrap").astype(np.float32)) for g in glow]

    def __call__(self, sheet: NDArray, way: NDArray, blur: float, mixing: float, level: float) -> NDArray[np.float32]:
        """Return the picture ``(h, w)`` of molecules on a padded sheet and of the glow behind them."""
        phase = np.exp(np.complex64(-2j * np.pi) * (self._fy * way[0] + self._fx * way[1])).astype(np.complex64)
        behind = ((1 - mixing) * self._glow[0] + mixing * self._glow[1]) * phase * level
        full = np.zeros(self._size, np.float32)
        full[: sheet.shape[0], : sheet.shape[1]] = sheet
        seen = (fft.rfft2(full) + behind) * self._transfer
        if blur > 0:
            seen *= np.exp(-2 * np.pi**2 * blur**2 * (self._fy**2 + self._fx**2))
        h, w = self._shape
        return fft.irfft2(seen, self._size)[PAD : PAD + h, PAD : PAD + w].astype(np.float32)


def sheet_of(y: NDArray, x: NDArray, light: NDArray, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return molecules on a padded sheet ``(h + 2 PAD, w + 2 PAD)``, each shared between the four pixels around it."""
    h, w = shape[0] + 2 * PAD, shape[1] + 2 * PAD
    y, x = y + PAD, x + PAD
    keep = (light > 0) & (y >= 0) & (x >= 0) & (y < h - 1) & (x < w - 1)
    y, x, light = y[keep], x[keep], light[keep]
    iy, ix = y.astype(np.intp), x.astype(np.intp)
    fy, fx = y - iy, x - ix
    at = iy * w + ix
    index = np.concatenate([at, at + 1, at + w, at + w + 1])
    weight = np.concatenate([(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx]) * np.tile(light, 4)
    return np.bincount(index, weight.astype(np.float64), h * w).astype(np.float64).reshape(h, w)
