"""A first look through a movie: light that alternates, frames that are none, edges that move.

Everything a module is given has passed here, so that none of it is taken for data. All rules are ours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.movie.reduce import cut, skip
from ivea_fiji.movie.sources import FiniteSource
from ivea_fiji.movie.validity import frames_in_words, usable_frames, without_frames, without_pixels

_BLOCK_BYTES = 32 << 20
_WORKERS = min(os.cpu_count() or 1, 4)
_STRIDE = 4
"""Of so many pixels in a row and in a column one tells the light of a frame."""
_DARKEST = 0.5
"""Percentile of the image that is called its darkest."""
_MOST = 0.5
"""A frame of which more pixels are missing than this part is none."""
_INSIDE = 0.01
"""If more pixels inside the image are 0 than this part, a 0 means nothing."""
_MUCH = 0.1
"""Frames that lack more than this are none, too, if there are but few of them."""
_LONG_EDGE = 0.5
"""Pixels of an edge, as part of the shorter side of the image."""
_RARE = 0.1
"""Where most pixels are missing now and then, those that are missing in at most this part of the frames are kept."""
_KEPT = 0.4
"""Least part of the image that is to be left."""
_PERIODS = (2, 3, 4)
_ALTERNATES = 2.0
"""Frames alternate if they resemble their neighbours so many times less than those a period away."""
_PLACES = 24
_SQUARE = 8
_ALIKE = 0.2
"""Kinds of light whose levels differ by less than this part of the brightest are one."""


@dataclass(frozen=True)
class _Looked:
    """What frames tell: their level and the part of them that is missing ``(n,)``, and in how many each pixel is.

    `clean` is False if 0 means nothing in one of the frames.
    """

    level: NDArray[np.float64]
    missing: NDArray[np.float64]
    count: NDArray[np.int32]
    clean: bool


def look_over(movie: Movie, every_nth: int = 1) -> Movie:
    """Return a movie of which only what is data is taken for data, with notes on what is not.

    Parameters
    ----------
    movie
        As opened.
    every_nth
        As in `MovieParams`: 0 takes the brightest kind of frames if light alternates.

    Raises
    ------
    MovieError
        If nothing is left.
    """
    period = _period(movie)
    movie = _one_light(movie, period, every_nth)
    looked = _look(movie.source)
    lost, part = _not_finite(movie)
    few = _few(looked.missing) if looked.clean else 1.0
    usable = usable_frames(looked.level, _darkest(movie)) & (looked.missing <= few) & (part <= _few(part))
    if looked.clean and few < _MOST and (looked.missing > few).any():
        looked = _look(movie.source, few)
    if _few(part) < part.max():
        lost, _ = _not_finite(movie, _few(part))
    new = [t for t in np.flatnonzero(~usable).tolist() if t not in movie.bad]
    if new and len(new) + len(movie.bad) < movie.shape[0] - 1:
        movie = replace(without_frames(movie, new), notes=(*movie.notes, _frames_note(movie, new)))
    return _without_edges(movie, looked, lost, int(usable.sum()))


def _few(missing: NDArray[np.float64]) -> float:
    """Return which part of a frame may be missing: less than usual where few of the frames ``(t,)`` lack much."""
    return _MUCH if (missing > _MUCH).mean() <= _RARE else _MOST


def _look(source: FrameSource, few: float = _MOST) -> _Looked:
    frames, height, width = source.shape
    size = max(1, _BLOCK_BYTES // (max(source.dtype.itemsize, 4) * height * width))
    level, missing = np.zeros(frames), np.zeros(frames)
    count, clean = np.zeros((height, width), np.int32), True
    for start, stop, part in each_block(frames, size, _WORKERS, partial(_block, source, few)):
        level[start:stop], missing[start:stop] = part.level, part.missing
        count += part.count
        clean = clean and part.clean
    return _Looked(level, missing, count, clean)


def _block(source: FrameSource, few: float, start: int, stop: int) -> _Looked:
    block = source.read(start, stop)
    level = block[:, ::_STRIDE, ::_STRIDE].mean(axis=(1, 2), dtype=np.float64)
    missing = np.zeros(len(block))
    count = np.zeros(block.shape[1:], np.int32)
    clean = True
    for i, frame in enumerate(block):
        edge, inside = _zero_edges(frame)
        clean = clean and inside <= _INSIDE * frame.size
        if edge is not None:
            missing[i] = edge.mean()
            if missing[i] <= few:
                count += edge
    return _Looked(level, missing, count, clean)


def _zero_edges(frame: NDArray) -> tuple[NDArray[np.bool_] | None, int]:
    """Return the pixels that are 0 and hang together with the border of the image, and how many others are 0."""
    rim = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])
    if rim.all():
        return None, 0
    zero = frame == 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(zero.view(np.uint8), connectivity=4)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    # A single dark pixel at the border is noise; an edge is as long as the image.
    least = _LONG_EDGE * min(frame.shape)
    edge = zero & np.isin(labels, [k for k in touching if k and stats[k, cv2.CC_STAT_AREA] >= least])
    return edge, int(zero.sum() - edge.sum())


def missing_pixels(block: NDArray) -> NDArray[np.bool_]:
    """Return which pixels of frames ``(t, y, x)`` are no data: NaN, infinite, or an edge of zeros."""
    gone = ~np.isfinite(block) if block.dtype.kind == "f" else np.zeros(block.shape, np.bool_)
    edges = {}
    for i, frame in enumerate(block):
        edge, inside = _zero_edges(frame)
        if edge is not None and edge.any() and inside <= _INSIDE * frame.size and edge.mean() <= _MOST:
            edges[i] = edge
    if len(edges) > 1:  # a single one may be a picture of nothing
        for i, edge in edges.items():
            gone[i] |= edge
    return gone


def _without_edges(movie: Movie, looked: _Looked, lost: NDArray[np.int32], frames: int) -> Movie:
    """Return the movie without pixels that some of its frames lack: NaN in the file, or 0 at edges that move."""
    gone = looked.count if looked.clean else np.zeros_like(looked.count)
    moving = bool(((gone > 0) & (gone < frames)).any()) and int(gone.max()) > 1
    gone = gone if moving else np.zeros_like(gone)
    what = "0 at edges that move" if moving else ""
    if lost.any():
        gone = np.maximum(gone, lost)
        what = "NaN or infinite" + (f" or {what}" if what else "")
    if not gone.any():
        return movie
    valid = ~ndimage.binary_dilation(gone > 0)
    if valid.mean() < _KEPT:
        valid = ~ndimage.binary_dilation(gone > _RARE * frames)
    if not valid.any():
        valid = gone < gone.max() if (gone < gone.max()).any() else np.ones_like(valid)
    part = 100 * float(1 - valid.mean())
    note = (
        f"Some frames lack pixels ({what}): {part:.2g} % of the image, which some frame lacks, is left out of the "
        "analysis."
    )
    return replace(without_pixels(movie, valid), notes=(*movie.notes, note))


def _not_finite(movie: Movie, few: float = _MOST) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return in how many frames each pixel ``(y, x)`` is NaN or infinite, and the part of each frame ``(t,)`` that is.

    Frames of which more than the part `few` is do not count in the first.
    """
    count, part = np.zeros(movie.shape[1:], np.int32), np.zeros(movie.shape[0])
    source: FrameSource | None = movie.source
    while source is not None and not isinstance(source, FiniteSource):
        source = getattr(source, "inner", None)
    if source is None or not source.replaced:
        return count, part
    stop = movie.first_frame + movie.shape[0] * movie.frames_per_step
    for t in range(movie.first_frame, min(stop, source.shape[0]), movie.every):
        lost = ~np.isfinite(source.inner.read(t, t + 1)[0])
        index = min((t - movie.first_frame) // movie.frames_per_step, movie.shape[0] - 1)
        part[index] = max(part[index], lost.mean())
        if lost.mean() <= few:
            count += lost
    return count, part


def _darkest(movie: Movie) -> float:
    some = np.unique(np.linspace(0, movie.shape[0] - 1, 9).astype(int))
    return float(np.median([np.percentile(movie.read(int(t), int(t) + 1)[0], _DARKEST) for t in some]))


def _frames_note(movie: Movie, bad: list[int]) -> str:
    return (
        f"{len(bad)} of {movie.shape[0]} frames are dark, empty or far too bright as a whole and were left out (frames "
        f"{frames_in_words(movie, bad)}); the frames before them stand in for them."
    )


def _coarse(movie: Movie, t: int) -> NDArray[np.float32]:
    frame = movie.read(t, t + 1)[0].astype(np.float32)
    height, width = (max(1, size // _SQUARE) for size in frame.shape)
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _period(movie: Movie) -> int:
    """Return after how many frames the same kind of light comes again; 1 if all frames are of one kind."""
    longest = max(_PERIODS)
    frames = movie.shape[0]
    if frames < 6 * longest or movie.bad:
        return 1
    # Of every kind as many places are taken: the period divides none of the distances between them.
    starts = np.unique(np.linspace(0, frames - longest - 1, min(_PLACES, frames - longest)).astype(int))
    change = np.zeros((len(starts), longest))
    for row, start in enumerate(starts):
        start = int(start) // 12 * 12 + row % 12 if int(start) // 12 * 12 + row % 12 + longest < frames else int(start)
        images = [_coarse(movie, start + k) for k in range(longest + 1)]
        change[row] = [float(np.abs(image - images[0]).mean()) for image in images[1:]]
    mean = change.mean(axis=0)
    middle = np.median(change, axis=0)
    for period in _PERIODS:
        nearer = mean[: period - 1].min()
        # The median guards against single dark frames, which are no kind of light.
        if nearer > _ALTERNATES * mean[period - 1] and middle[: period - 1].max() > _ALTERNATES * middle[period - 1]:
            return period
    return 1


def _one_light(movie: Movie, period: int, every_nth: int) -> Movie:
    """Return the movie of the brightest kind of light; or as it is, with a note, if the user wants all frames."""
    if period == 1:
        return movie
    some = range(0, min(movie.shape[0] // period, _PLACES) * period)
    level = np.array([float(_coarse(movie, t).mean()) for t in some]).reshape(-1, period)
    kinds = np.median(level, axis=0)
    darkest = min(_darkest(movie), float(kinds.min()))
    bright = kinds - darkest >= (1 - _ALIKE) * (kinds.max() - darkest)
    first = int(kinds.argmax())
    about = f"Light alternates between {period} kinds of frames (mean {', '.join(f'{k:.4g}' for k in kinds)} counts)"
    if every_nth != 0:
        note = f"{about}, and all of them were taken together; take one kind with every_nth={period}, first_frame=..."
        return replace(movie, notes=(*movie.notes, note))
    if bright.sum() > 1 and period > 2 and not bright.all():
        dark = [t for t in range(movie.shape[0]) if not bright[t % period]]
        return replace(without_frames(movie, dark), notes=(*movie.notes, f"{about}; the darker ones were left out."))
    movie = skip(cut(movie, first, movie.shape[0]), period)
    note = (
        f"{about}; the brightest was taken, one of {period} frames from frame {movie.file_frame(0)} on. Take another "
        f"with every_nth={period} and its first_frame, or all with every_nth=1."
    )
    return replace(movie, notes=(*movie.notes, note))
