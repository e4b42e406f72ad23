"""Whether the pixels of a movie can hold events at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.movie.sources import FiniteSource

BLOCK = 64
"""Frames read at once when the whole movie has to be looked at."""


def check_frames(movie: Movie, sample: int = 16) -> tuple[str, ...]:
    """Look at some frames for faults that make an analysis meaningless.

    Parameters
    ----------
    movie
        The movie.
    sample
        How many frames, evenly spread from first to last, are looked at.

    Returns
    -------
    tuple of str
        Sentences the user should read: blank frames among others, NaN or infinite pixels (which
        `open_movie` has replaced by the median of their frame). Negative values are fine.

    Raises
    ------
    MovieError
        If nothing changes in the movie: all frames of the sample are equal, and so are all others.

    Notes
    -----
    The rules are ours. The other frames are read only if the sample is constant, so that a
    simulated movie without noise is not refused for an event that lies between sampled frames.
    """
    count = movie.shape[0]
    chosen = np.unique(np.linspace(0, count - 1, min(sample, count)).round().astype(int))
    first = movie.read(0, 1)[0]
    blank, changes = 0, False
    for index in chosen:
        frame = movie.read(int(index), int(index) + 1)[0]
        blank += _flat(frame)
        changes = changes or not np.array_equal(frame, first)
    if not changes and not _changes_anywhere(movie, first):
        what = f"is blank (all pixels are {first.flat[0]:g})" if _flat(first) else "shows the same image in all frames"
        raise MovieError(f"'{movie.name}' {what}, so there is nothing to find; check that the right file was chosen.")
    notes = []
    if blank:
        notes.append(f"{blank} of {len(chosen)} frames looked at are blank; leave them out with the frame range.")
    return (*notes, *repairs(movie))


def repairs(movie: Movie) -> tuple[str, ...]:
    """Return what the user should know of the pixels that were read so far."""
    if movie.valid is not None:  # these pixels are left out, and that was said
        return ()
    source: FrameSource | None = movie.source
    while source is not None:
        if isinstance(source, FiniteSource) and source.replaced:
            return ("Some pixels are NaN or infinite; they were replaced by the median of their frame.",)
        source = getattr(source, "inner", None)
    return ()


def _flat(frame: NDArray) -> bool:
    return bool((frame == frame.flat[0]).all())


def _changes_anywhere(movie: Movie, first: NDArray) -> bool:
    return any(
        (movie.read(start, min(start + BLOCK, movie.shape[0])) != first).any()
        for start in range(0, movie.shape[0], BLOCK)
    )
