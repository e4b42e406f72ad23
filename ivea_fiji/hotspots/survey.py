"""A first look at a movie: averaged over squares, which of its frames are of use, and where it is lit at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.validity import stand_in, usable_frames

BIN = 4
"""Side of the squares, px."""
Read = Callable[[int, int], NDArray]
"""Returns frames ``(t, y, x)`` of a movie."""

_KEPT_BYTES = 256 << 20
"""What is larger goes into a temporary file."""
_MAD_TO_SD = 1.4826
_GROUPS = 12
_PAIRS = 200
_LIT = 0.05
"""A place is lit if it is above the camera's dark level by at least this part of what bright places are."""
_BRIGHT = 90.0
"""Percentile of the image that is called bright."""
_DARKEST = 0.5
"""Percentile of the image that is called its darkest."""
_STRIDE = 8
"""Frames of a movie averaged for its mean: one in so many, but `_MEAN` at least."""
_MEAN = 64


@dataclass(frozen=True)
class Survey:
    """What a first look tells.

    Attributes
    ----------
    coarse
        Means of squares of `BIN` px, float32 ``(t, h, w)``, counts; frames that are none repeat the one before.
    usable
        Which frames are frames at all ``(t,)``.
    mean
        Mean of `coarse` over frames spread over the movie ``(h, w)``.
    dark
        What the camera tells without light, counts.
    lit
        Which squares are lit ``(h, w)``.
    """

    coarse: NDArray[np.float32]
    usable: NDArray[np.bool_]
    mean: NDArray[np.float32]
    dark: float
    lit: NDArray[np.bool_]

    @property
    def light(self) -> NDArray[np.float32]:
        """Mean above the dark level ``(h, w)``, no less than what a lit place has: others cannot be divided by."""
        above = self.mean - self.dark
        return np.asarray(np.maximum(above, max(_least_light(above), 1e-6)), np.float32)


def survey(read: Read, shape: tuple[int, int, int], block: int, workers: int) -> Survey:
    """Look through a movie once.

    Parameters
    ----------
    read
        The movie.
    shape
        Frames, height, width.
    block
        Frames that are read at once.
    workers
        Blocks that are worked on at once.
    """
    frames = shape[0]
    size = (frames, -(-shape[1] // BIN), -(-shape[2] // BIN))
    coarse = _room(size)
    for start, stop, part in each_block(frames, block, workers, partial(_coarse, read)):
        coarse[start:stop] = part
    level = coarse.mean(axis=(1, 2), dtype=np.float64)
    typical = coarse[int(np.argsort(level)[len(level) // 2])]
    usable = usable_frames(level, float(np.percentile(typical, _DARKEST)))
    for t in np.flatnonzero(~usable):
        coarse[t] = coarse[stand_in(int(t), usable)]
    shown = coarse[:: max(1, min(_STRIDE, frames // _MEAN))]
    mean = shown.mean(axis=0, dtype=np.float64).astype(np.float32)
    dark = dark_level(coarse, mean)
    above = mean - dark
    lit = above >= _least_light(above)
    return Survey(coarse, usable, mean, dark, lit)


def is_lit(pixels: NDArray[np.intp], lit: NDArray[np.bool_], width: int) -> bool:
    """Tell whether at least half of some pixels of an image of that `width` lie in squares that are lit."""
    y, x = np.divmod(pixels, width)
    return bool(lit[y // BIN, x // BIN].mean() >= 0.5)


def dark_level(coarse: NDArray[np.float32], mean: NDArray[np.float32]) -> float:
    """Return what the camera tells without light: where its noise, which grows with the light, would end.

    Parameters
    ----------
    coarse
        Movie ``(t, h, w)``, counts.
    mean
        Its mean ``(h, w)``.

    Notes
    -----
    Ours, after the photon transfer curve (Janesick 1987). The variance of differences of successive frames is a line
    over the mean; where the line is 0 there is no light. Reading noise of the camera puts that level a little too low.
    Where noise tells nothing the level is that of the darkest place, but no more than 0.
    """
    lowest = float(np.percentile(mean, _DARKEST))
    if len(coarse) < 3:
        return min(lowest, 0.0)
    at = np.unique(np.linspace(1, len(coarse) - 1, min(_PAIRS, len(coarse) - 1)).astype(int))
    change = np.stack([coarse[t] - coarse[t - 1] for t in at]).reshape(len(at), -1)
    # What the lamp does to a whole frame is no noise of its pixels.
    lamp = np.stack([np.ones(mean.size), mean.ravel()], axis=1)
    change = change - (change @ np.linalg.pinv(lamp).T) @ lamp.T
    variance = (_MAD_TO_SD * np.median(np.abs(change), axis=0)) ** 2 / 2
    order = np.argsort(mean, axis=None)
    groups = [g for g in np.array_split(order, _GROUPS) if g.size]
    x = np.array([np.median(mean.ravel()[g]) for g in groups])
    y = np.array([np.median(variance[g]) for g in groups])
    if y.min() < 0 or y.max() <= 0 or np.ptp(x) <= 0:
        return min(lowest, 0.0)
    slope, offset = np.polyfit(x, y, 1, w=1 / np.maximum(y, 0.02 * y.max()))
    if slope <= 0 or y[-1] < 1.3 * y[0]:
        return min(lowest, 0.0)
    return float(min(-offset / slope, lowest))


def _least_light(above: NDArray[np.float32]) -> float:
    return _LIT * float(np.percentile(above, _BRIGHT))


def _coarse(read: Read, start: int, stop: int) -> NDArray[np.float32]:
    block = read(start, stop)
    height, width = -(-block.shape[1] // BIN), -(-block.shape[2] // BIN)
    down, right = height * BIN - block.shape[1], width * BIN - block.shape[2]
    out = np.empty((len(block), height, width), np.float32)
    for frame, target in zip(block, out, strict=True):
        whole = np.ascontiguousarray(frame, np.float32)
        if down or right:
            whole = np.asarray(cv2.copyMakeBorder(whole, 0, down, 0, right, cv2.BORDER_REPLICATE), np.float32)
        cv2.resize(whole, (width, height), dst=target, interpolation=cv2.INTER_AREA)
    return out


def _room(shape: tuple[int, int, int]) -> NDArray[np.float32]:
    if 4 * np.prod(shape, dtype=np.int64) <= _KEPT_BYTES:
        return np.empty(shape, np.float32)
    return np.memmap(tempfile.TemporaryFile(), np.float32, "w+", shape=shape)  # closed with the array
