"""Traces of synapses over the whole movie: every frame is read once, all sites are measured in it together (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from ivea_fiji.measure.traces import ring_radii
from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import Movie
from ivea_fiji.progress import Progress, Silent, step

_BLOCK_BYTES = 32 << 20
_MIN_RING_PX = 8
_GUARD = 1.0
"""How far beyond the search radius of another site a pixel is no background, px."""
_LOWEST = 10.0
"""Percentile of a trace that is its F0 where too few frames of rest are known."""
_EARLY = 2
_MIN_F0 = 5
"""Frames of rest without which F0 is that percentile."""


@dataclass(frozen=True)
class SiteTraces:
    """Intensity of every site in every frame, counts."""

    raw: NDArray[np.float32]
    """Mean within the search radius ``(n, t)``."""
    background: NDArray[np.float32]
    """Mean of a ring around it, without the pixels of other sites ``(n, t)``."""
    mean_image: NDArray[np.float32]
    """Mean of all frames ``(y, x)``."""

    @property
    def net(self) -> NDArray[np.float32]:
        """Traces less their background ``(n, t)``."""
        return self.raw - self.background


def measure_sites(
    movie: Movie, centres: NDArray[np.float64], radius: int, progress: Progress | None = None, threads: int = 1
) -> SiteTraces:
    """Measure all sites in all frames.

    The disc of a site consists of the pixels whose centre lies within the search radius of the pixel nearest to its
    centre; the ring begins at twice that radius and is 3 px wide. What lies in the disc of another site (and 1 px
    around it) is left out of the ring, so that neighbours that light up do not look like background; of a ring that
    has fewer than 8 pixels left, all count.

    Parameters
    ----------
    movie
        Where to measure.
    centres
        ``(n, 2)``: y and x, px.
    radius
        Search radius, px.
    progress
        Told after every block.
    threads
        Blocks that are measured at a time; 0 for as many as there are processors.
    """
    progress = progress or Silent()
    frames, height, width = movie.shape
    discs, rings = _weights(centres, radius, (height, width))
    pixels = np.unique(np.concatenate([discs.indices, rings.indices]))
    both = [weights[:, pixels] for weights in (discs, rings)]
    raw, background = np.empty((2, len(centres), frames), np.float32)

    def measure(start: int, stop: int) -> NDArray[np.float64]:
        """Fill in frames ``start`` to ``stop``, and return their sum."""
        flat = movie.read(start, stop).reshape(stop - start, -1)
        seen = np.ascontiguousarray(flat[:, pixels].T, dtype=np.float64)
        raw[:, start:stop], background[:, start:stop] = (weights @ seen for weights in both)
        return np.asarray(flat.sum(axis=0, dtype=np.float64))

    total = np.zeros(height * width)
    chunk = max(1, _BLOCK_BYTES // (4 * height * width))
    for _, stop, light in each_block(frames, chunk, threads, measure):
        total += light
        step(progress, "synapses", stop, frames)
    return SiteTraces(raw, background, (total / frames).reshape(height, width).astype(np.float32))


def _weights(centres: NDArray[np.float64], radius: int, shape: tuple[int, int]) -> tuple[csr_array, csr_array]:
    """Return the weights of the pixels in the disc and in the ring of each site, ``(n, pixels)`` each."""
    inner, outer = ring_radii(radius)
    whole = np.rint(centres).astype(int).reshape(-1, 2).clip(0, np.array(shape) - 1)
    reach = np.arange(-outer, outer + 1)
    dy, dx = (v.ravel() for v in np.meshgrid(reach, reach, indexing="ij"))
    squared = dy**2 + dx**2
    disc = squared <= radius**2
    ring = (squared >= inner**2) & (squared <= outer**2)
    tree = cKDTree(whole) if len(whole) else None
    rows: list[tuple[list[NDArray], list[NDArray]]] = [([], []), ([], [])]
    for y, x in whole:
        py, px = y + dy, x + dx
        inside = (py >= 0) & (py < shape[0]) & (px >= 0) & (px < shape[1])
        around = ring & inside
        if tree is not None:
            at = np.flatnonzero(around)
            apart, _ = tree.query(np.column_stack([py[at], px[at]]))
            free = at[apart > radius + _GUARD]
            around = np.isin(np.arange(len(dy)), free) if len(free) >= _MIN_RING_PX else around
        for chosen, (indices, weights) in zip((disc & inside, around), rows, strict=True):
            places = py[chosen] * shape[1] + px[chosen]
            indices.append(places)
            weights.append(np.full(len(places), 1 / max(len(places), 1)))
    return _sparse(*rows[0], shape), _sparse(*rows[1], shape)


def _sparse(indices: list[NDArray], weights: list[NDArray], shape: tuple[int, int]) -> csr_array:
    ends = np.cumsum([0, *(len(i) for i in indices)])
    none = np.zeros(0)
    return csr_array(
        (np.concatenate([none, *weights]), np.concatenate([none.astype(int), *indices]).astype(int), ends),
        shape=(len(indices), shape[0] * shape[1]),
    )


def baselines(values: NDArray, rest: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the resting level of every trace ``(n,)``: F0.

    The median of its frames of rest, or the 10th percentile of the whole trace if there are fewer than 5 of them.

    Parameters
    ----------
    values, rest
        Traces and which of their frames are rest, ``(n, t)`` each.
    """
    lowest = np.percentile(values, _LOWEST, axis=1) if len(values) else np.zeros(0)
    known = [np.median(row[quiet]) if quiet.sum() >= _MIN_F0 else low
             for row, quiet, low in zip(values, rest, lowest, strict=True)]  # fmt: skip
    return np.array(known, np.float64)


def frames_of_rest(
    shape: tuple[int, int], place: NDArray[np.int64], onset: NDArray[np.int64], lasts: int, first_stimulus: int | None
) -> NDArray[np.bool_]:
    """Return the frames in which each site rests ``(n, t)``.

    Those before the first stimulus and not within `lasts` frames of the beginning of one of its events; without such
    frames before the stimulus, any that are in no event.
    """
    rest = np.ones(shape, bool)
    for site, t in zip(place, onset, strict=True):
        rest[site, max(int(t) - _EARLY, 0) : int(t) + lasts] = False
    if first_stimulus is not None:
        early = rest & (np.arange(shape[1]) < first_stimulus)
        rest = np.where(early.sum(axis=1, keepdims=True) >= _MIN_F0, early, rest)
    return rest


def noise_of(values: NDArray) -> NDArray[np.float64]:
    """Return the noise (SD) of every trace ``(n,)``, from the differences of successive frames."""
    steps = np.abs(np.diff(values, axis=1))
    return np.asarray(1.4826 / np.sqrt(2) * np.median(steps, axis=1), np.float64)
