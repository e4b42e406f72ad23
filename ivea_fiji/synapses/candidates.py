"""Where and when a place brightens: forward differences at two time scales, with thresholds from the movie's noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur, differences
from ivea_fiji.candidates.maxima import find_maxima
from ivea_fiji.candidates.thresholds import noise_map
from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.reduce import ReduceSource
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.progress import Progress, Silent, step

HEIGHT_Z, PROMINENCE_Z, MEAN_Z, FWHM_PX = 4.2, 3.0, 2.0, 1.4
"""Gates of a maximum, noise SD and px: those of the random-burst module."""
SLOW = 5
"""Most frames that are averaged into one for the slow time scale."""
_SHORTEST = 8
"""Fewest of these averages."""
_BLOCK_PIXELS = 6_000_000
_MEAN_RADIUS = 2
_HALF_NORMAL_MEAN = 0.39894
"""Mean of the positive part of N(0, 1): the activity of a movie in which nothing happens."""


@dataclass(frozen=True)
class Scale:
    """One time scale at which frames are subtracted."""

    step: int
    """Frames averaged into one."""
    movie: Movie
    """The movie of these averages."""
    noise: NDArray[np.float32]
    """Standard deviation of its difference ``(y, x)``, counts."""


@dataclass(frozen=True)
class Rises:
    """Maxima of the difference images, arrays ``(n,)``, and how much of the image brightened in each frame."""

    frame: NDArray[np.int32]
    """Frame of the movie, sorted."""
    y: NDArray[np.float32]
    x: NDArray[np.float32]
    height: NDArray[np.float32]
    """Value at the maximum, noise SD."""
    mean: NDArray[np.float32]
    """Mean of the square of side 5 around it (Eq 1), noise SD."""
    fwhm: NDArray[np.float32]
    """Full width at half maximum, px."""
    activity: NDArray[np.float32]
    """Mean of what is positive in the difference image, in units of what noise alone gives ``(frames,)``."""

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, keep: NDArray[np.bool_]) -> Rises:
        """Return the rises for which `keep` is true."""
        return Rises(
            self.frame[keep], self.y[keep], self.x[keep], self.height[keep], self.mean[keep], self.fwhm[keep],
            self.activity,
        )  # fmt: skip


def learn_scales(movie: Movie, params: StationaryParams) -> list[Scale]:
    """Measure the noise at each time scale: single frames, and averages of five, or fewer in a short movie.

    A slow rise changes little within a few frames; between averages it stands out of less noise (ours).
    """
    scales = [Scale(1, movie, noise_map(movie, params.lag, params.blur_sigma))]
    together = min(SLOW, movie.shape[0] // max(_SHORTEST, params.lag + 1))
    if together > 1:
        slow = Movie(ReduceSource(movie.source, together, "mean"), movie.name)
        scales.append(Scale(together, slow, noise_map(slow, params.lag, params.blur_sigma)))
    return scales


def find_rises(
    movie: Movie, scales: list[Scale], params: StationaryParams, progress: Progress | None = None
) -> Rises:
    """Find every place and frame that brightens by more than noise.

    Forward differences (dI_F) with the gain and offset of each frame matched, local maxima by prominence, gates of
    Eq 1-2. Dimming is no event of a synapse, so there is no backward difference.

    Parameters
    ----------
    movie
        Movie of at least 2 frames.
    scales
        From `learn_scales`.
    params
        Lag, blur, thresholds.
    progress
        Told after every block.
    """
    progress = progress or Silent()
    activity = np.ones(movie.shape[0], np.float32)
    rows: list[NDArray[np.float32]] = []
    done, total = 0, sum(scale.movie.shape[0] for scale in scales)
    for scale in scales:
        for start, stop, found, active in _blocks(scale, params):
            rows.append(found)
            if scale.step == 1:
                activity[start:stop] = active
            done += stop - start
            step(progress, "candidates", done, total)
    table = np.concatenate(rows)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    y, x, height, mean, fwhm = table[:, 1:].T
    return Rises(table[:, 0].astype(np.int32), y, x, height, mean, fwhm, activity)


def _blocks(
    scale: Scale, params: StationaryParams
) -> Iterator[tuple[int, int, NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the maxima of consecutive blocks, a few blocks being worked on at once."""
    frames, height, width = scale.movie.shape
    size = int(np.clip(_BLOCK_PIXELS // (height * width), params.lag + 1, 64))
    for start, stop, made in each_block(frames, size, params.threads, partial(_block_rises, scale, params)):
        yield start, stop, *made


def _block_rises(
    scale: Scale, params: StationaryParams, start: int, stop: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return rows (frame, y, x, height, mean, fwhm) of frames ``start`` to ``stop``, and the activity of each."""
    before = max(start - params.lag, 0)
    blurred = blur(scale.movie.read(before, stop), params.blur_sigma)
    first = max(start - before, 1)
    changes = differences(blurred, params.lag, first)
    changes /= scale.noise
    theta = params.threshold_factor
    m = find_maxima(changes, HEIGHT_Z * theta, params.prominence or PROMINENCE_Z * theta, _MEAN_RADIUS)
    good = (m.mean > MEAN_Z * theta) & (m.fwhm > FWHM_PX)
    frame = (m.image + before + first) * scale.step + scale.step // 2
    columns = (frame, m.y, m.x, m.height, m.mean, m.fwhm)
    active = np.ones(stop - start, np.float32)
    positive = np.maximum(changes, 0, out=changes).mean(axis=(1, 2))
    active[before + first - start :] = positive / np.float32(_HALF_NORMAL_MEAN)
    return np.column_stack([c[good] for c in columns]).astype(np.float32), active
