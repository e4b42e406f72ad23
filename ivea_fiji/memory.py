"""The movie that was judged last, kept so that who labels it after detection need not wait for the same again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.classify import Judged
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import ModelFolder
from ivea_fiji.params.random import RandomParams

_KNOWN_BY = 64
"""Frames by which a movie is known again, beside its file."""
_LATER = {
    "confidence", "classes", "spread_radius", "time_spread", "least_frames", "adapt_to_movie", "repeat_frames",
    "window_before", "window_after", "threads", "runtime", "cell_mask",
}  # fmt: skip
"""Parameters that play a part only after candidates were judged, or change no answer; the mask counts by its pixels."""


class Memory:
    """One judged movie without its pixels.

    Switched off, as in a library, nothing is kept; a program for one person switches it on.
    """

    def __init__(self) -> None:
        self.on = False
        self._kept: tuple[str, Judged] | None = None

    def keep(self, judged: Judged, folder: ModelFolder, params: RandomParams) -> None:
        """Keep a judged movie in place of the one before."""
        if self.on and judged.looked is not None:
            nothing = replace(judged.movie, source=_Gone(judged.movie.shape, judged.movie.dtype))
            self._kept = (known_by(judged.movie, folder, params), replace(judged, movie=nothing))

    def recall(self, movie: Movie, folder: ModelFolder, params: RandomParams) -> Judged | None:
        """Return what `judge` would, if this movie was judged last, in the same way and by the same model."""
        if self._kept is None or self._kept[0] != known_by(movie, folder, params):
            return None
        return replace(self._kept[1], movie=movie)


MEMORY = Memory()
"""Of this process."""


@dataclass
class _Gone:
    """Stands where the pixels of a movie were."""

    shape: tuple[int, int, int]
    dtype: np.dtype

    def read(self, start: int, stop: int) -> NDArray:
        raise ValueError("the pixels were not kept")


def known_by(movie: Movie, folder: ModelFolder, params: RandomParams) -> str:
    """Return a text by which the same candidates and answers are known again."""
    digest = hashlib.sha256()
    for t in np.unique(np.linspace(0, movie.shape[0] - 1, _KNOWN_BY).astype(int)).tolist():
        digest.update(np.ascontiguousarray(movie.read(t, t + 1)).tobytes())
    digest.update(b"" if movie.mask is None else np.packbits(movie.mask).tobytes())
    stat = movie.path.stat() if movie.path is not None and movie.path.exists() else None
    told = (
        movie.shape, str(movie.dtype), movie.first_frame, movie.frames_per_step, movie.pixel_size_um,
        movie.frame_interval_s, str(movie.path), stat and (stat.st_size, stat.st_mtime_ns),
        sorted(folder.card.files.items()), params.model_dump_json(exclude=_LATER),
    )  # fmt: skip
    digest.update(repr(told).encode())
    return digest.hexdigest()
