"""What of a movie is data: frames that are none, and pixels that are not always there, with what stands in for them.

Nothing of it may look like an event. A frame that is none is replaced by the one before; a pixel that some frame lacks
(at the edges of a registered movie) by its mirror image inside, in all frames alike, so that nothing comes or goes
there. Such pixels are outside of the cell mask. All rules are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ivea_fiji.errors import MovieError, ParameterError
from ivea_fiji.movie.movie import FrameSource, Movie

_AROUND = 31
"""Frames from whose median a frame must not be far off."""
_OFF = 0.5
"""A frame is none if its mean is off by more than this part of how far the usual mean is above the darkest places."""
_OFF_SD = 8.0
"""It must also be off by so many standard deviations of the means."""
_MOST_OFF = 0.2
"""If more of the frames are off than this part, that is how the movie is."""
_MAD_TO_SD = 1.4826
_RANGES = re.compile(r"(\d+)\s*(?:-\s*(\d+|end))?", re.IGNORECASE)
NAMED = 10
"""Frames a note names."""


@dataclass
class Steady:
    """Frames of a movie of which those that are none are replaced by the last before them that is one.

    Attributes
    ----------
    source
        The frames as they are.
    usable
        Which are frames at all ``(t,)``.
    """

    source: FrameSource
    usable: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Frames look as those of the source."""
        self.shape, self.dtype = self.source.shape, self.source.dtype
        self.inner = self.source

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included) as ``(t, y, x)``."""
        block = self.source.read(start, stop)
        bad = np.flatnonzero(~self.usable[start:stop])
        if bad.size:
            block = np.array(block)
            for i in bad:
                other = stand_in(start + int(i), self.usable)
                near = start <= other < stop
                block[i] = block[other - start] if near else self.source.read(other, other + 1)[0]
        return block


class FilledSource:
    """Frames in which pixels that are not always there are replaced by their mirror images inside.

    Parameters
    ----------
    inner
        The frames as they are.
    valid
        Pixels that are always there ``(y, x)``, one at least.
    """

    def __init__(self, inner: FrameSource, valid: NDArray[np.bool_]) -> None:
        self.inner = inner
        self.shape, self.dtype = inner.shape, inner.dtype
        self._y, self._x = np.nonzero(~valid)
        near = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
        ny, nx = near[:, self._y, self._x]
        my, mx = (np.clip(2 * n - p, 0, size - 1) for n, p, size in
                  zip((ny, nx), (self._y, self._x), valid.shape, strict=True))  # fmt: skip
        good = valid[my, mx]
        self._from_y, self._from_x = np.where(good, my, ny), np.where(good, mx, nx)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included) as ``(t, y, x)``."""
        block = np.array(self.inner.read(start, stop))
        block[:, self._y, self._x] = block[:, self._from_y, self._from_x]
        return block


def stand_in(t: int, usable: NDArray[np.bool_]) -> int:
    """Return the last usable frame before `t`, or the first one after it if there is none."""
    before = np.flatnonzero(usable[:t])
    return int(before[-1]) if before.size else t + int(np.argmax(usable[t:]))


def usable_frames(level: NDArray[np.float64], darkest: float) -> NDArray[np.bool_]:
    """Tell which frames are frames: dark, empty and flashing ones are none ``(t,)``.

    Parameters
    ----------
    level
        Mean of every frame ``(t,)``, counts.
    darkest
        What the darkest places of a usual frame show, counts.

    Notes
    -----
    Light of a whole frame that halves or doubles for some frames is the lamp, the shutter or the camera, no event
    of a place. A lamp that flickers by some percent is left to the correction of the layers.
    """
    usual = ndimage.median_filter(level, _AROUND, mode="mirror")
    off = np.abs(level - usual)
    spread = _MAD_TO_SD * float(np.median(off))
    bad = (off > _OFF * np.maximum(usual - darkest, 0)) & (off > _OFF_SD * spread)
    return np.ones(len(level), np.bool_) if bad.mean() > _MOST_OFF else ~bad


def mark_bad(movie: Movie, text: str) -> Movie:
    """Return the movie without the frames of the file that `text` names, such as ``7,120-131,900-end``.

    Raises
    ------
    ParameterError
        If it is no such list.
    MovieError
        If it names all frames.
    """
    if not text.strip():
        return movie
    last = movie.file_frame(movie.shape[0] - 1)
    combined = movie.frames_per_step // movie.every
    found: set[int] = set()
    for first, stop in parse_frames(text, last):
        for frame in range(max(first, movie.first_frame + 1), min(stop, last + movie.frames_per_step) + 1):
            index, rest = divmod(frame - 1 - movie.first_frame, movie.frames_per_step)
            if index < movie.shape[0] and (combined > 1 or rest == 0):
                found.add(index)
    return without_frames(movie, sorted(found))


def parse_frames(text: str, last: int) -> list[tuple[int, int]]:
    """Return first and last frame (from 1) of every range that a text names; ``end`` is `last`.

    Raises
    ------
    ParameterError
        If it is no list of frames.
    """
    ranges = []
    for part in text.replace(";", ",").split(","):
        match = _RANGES.fullmatch(part.strip())
        if match is None or int(match[1]) < 1:
            raise ParameterError(
                f"Bad frames (bad_frames): '{part.strip()}' is no frame; write frames like 7,120-131,900-end."
            )
        first = int(match[1])
        stop = last if (match[2] or "").lower() == "end" else int(match[2] or first)
        if stop < first and match[2].lower() != "end":
            raise ParameterError(f"Bad frames (bad_frames): '{part.strip()}' ends before it begins; swap the two.")
        ranges.append((first, stop))
    return ranges


def without_frames(movie: Movie, frames: list[int]) -> Movie:
    """Return the movie in which others stand in for these frames (from 0) as well."""
    new = set(frames) - set(movie.bad)
    if not new:
        return movie
    usable = np.ones(movie.shape[0], np.bool_)
    usable[sorted({*movie.bad, *new})] = False
    if usable.sum() < 2:
        raise MovieError(f"No two frames of '{movie.name}' are left when bad frames are left out; check the list.")
    source = movie.source.source if isinstance(movie.source, Steady) else movie.source
    return replace(movie, source=Steady(source, usable), bad=tuple(np.flatnonzero(~usable).tolist()))


def without_pixels(movie: Movie, valid: NDArray[np.bool_]) -> Movie:
    """Return the movie in which only these pixels ``(y, x)`` are data; they are inside its cell mask."""
    mask = valid if movie.mask is None or movie.mask is movie.valid else movie.mask & valid
    if not mask.any():
        raise MovieError(f"No pixel of '{movie.name}' inside the cell mask has a value in every frame; crop the movie.")
    return replace(movie, source=FilledSource(movie.source, valid), valid=valid, mask=mask)


def frames_in_words(movie: Movie, frames: list[int]) -> str:
    """Return the first of some frames (from 0) as the user counts them."""
    shown = ", ".join(str(movie.file_frame(t)) for t in frames[:NAMED])
    return shown + (", ..." if len(frames) > NAMED else "")
