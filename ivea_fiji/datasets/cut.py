"""Cut the samples of one labelled movie, with the code that cuts what a network sees in detection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.classmap import ClassMap
from ivea_fiji.datasets.labels import Label
from ivea_fiji.datasets.layout import JITTER_FRAMES, JITTER_PX, Layout
from ivea_fiji.datasets.model import MovieInfo, Rows
from ivea_fiji.events.classes import NO_CLOUD, UNDOCKING
from ivea_fiji.movie.movie import Movie
from ivea_fiji.patches import SHIFT_AFTER, SHIFT_BEFORE, Window, peak_shift, stream_windows, to_patches, vision_radius
from ivea_fiji.results.rois import UNDECIDED

_DIMMING = (NO_CLOUD.id, UNDOCKING.id)
"""Classes whose event is a fall of the intensity."""
_TWICE_PX = 0.5


@dataclass(frozen=True)
class Usable:
    """Labels that lie in a movie and have a class, sorted by frame; ``(n,)`` each."""

    name: tuple[str, ...]
    frame: NDArray[np.int64]
    """Frame of the movie as opened, from 0."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    class_id: NDArray[np.int64]
    radius: NDArray[np.int64]
    at_peak: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frame)


def usable_labels(
    labels: Sequence[Label], movie: Movie, classes: ClassMap, radius: int = 0, unlabelled: int | None = None
) -> tuple[Usable, list[tuple[str, str]]]:
    """Choose the labels a sample can be made of.

    Parameters
    ----------
    labels
        As read.
    movie
        The movie they are for.
    classes
        What labels mean.
    radius
        Vision radius where the map tells none, px; 0 chooses it from the pixel size.
    unlabelled
        Class of labels that tell none; None leaves them out.

    Returns
    -------
    usable, left_out
        And what was left out: name and reason.
    """
    frames, height, width = movie.shape
    default = vision_radius(radius or classes.default_radius, movie.pixel_size_um)
    rows: list[tuple] = []
    left_out: list[tuple[str, str]] = []
    seen: dict[tuple[int, int, int], int] = {}
    for label in labels:
        told = unlabelled if label.class_id is None else label.class_id
        class_id = None if told is None else classes.class_of(told)
        frame = movie.frame_of(label.frame)
        inside = 0 <= frame < frames and 0 <= round(label.y) < height and 0 <= round(label.x) < width
        place = (frame, round(label.y / _TWICE_PX), round(label.x / _TWICE_PX))
        if told is None:
            reason = "no class"
        elif told == UNDECIDED:
            reason = f"undecided, class {UNDECIDED}"
        elif class_id is None:
            reason = f"class {told}, which the class map does not have"
        elif label.frame < 1:
            reason = "no frame"
        elif not inside:
            reason = "outside the movie"
        elif place in seen:
            reason = "there twice" if seen[place] == class_id else "another class at the same place"
        else:
            seen[place] = class_id
            size = classes.radius.get(told, default)
            rows.append((frame, label.y, label.x, class_id, size, label.at_peak, label.name))
            continue
        left_out.append((label.name, reason))
    rows.sort(key=lambda row: row[:3])
    columns = list(zip(*rows, strict=True)) or [()] * 7
    frame_, y, x, ids, sizes, at_peak, names = columns
    return Usable(
        tuple(names), np.array(frame_, int), np.array(y, float), np.array(x, float), np.array(ids, int),
        np.array(sizes, int), np.array(at_peak, bool),
    ), left_out  # fmt: skip


def cut_samples(
    movie: Movie, labels: Usable, layout: Layout, number: int, centre_on: str = "auto"
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint16], Rows]]:
    """Yield samples: grey values, the same with margins, and their rows; every part of the movie is read about once.

    Parameters
    ----------
    movie
        Where to cut.
    labels
        Of this movie.
    layout
        Size of a sample.
    number
        Number of the movie in the data set.
    centre_on
        'peak' moves every label to the intensity peak as detection does, 'label' none, 'auto' those whose frame is not
        known to be that of the peak.
    """
    for radius in np.unique(labels.radius).tolist():
        chosen = np.flatnonzero(labels.radius == radius)
        margin = round(radius * JITTER_PX / (layout.size / 2))
        before, after = layout.before + JITTER_FRAMES + SHIFT_BEFORE, layout.after + JITTER_FRAMES + SHIFT_AFTER
        window = Window(before, after, radius + margin)
        places = (labels.frame[chosen], labels.y[chosen], labels.x[chosen])
        for some, cut in stream_windows(movie, *places, window):
            rows = chosen[some]
            fixed = {"auto": labels.at_peak[rows], "peak": np.zeros(len(rows), bool)}.get(
                centre_on, np.ones(len(rows), bool)
            )
            shift = peak_shift(cut, window.before, np.where(np.isin(labels.class_id[rows], _DIMMING), -1, 1))
            frame = np.where(fixed, labels.frame[rows], labels.frame[rows] + shift).clip(0, movie.shape[0] - 1)
            first = window.before + (frame - labels.frame[rows]) - layout.before
            inner = cut[:, :, margin : cut.shape[2] - margin, margin : cut.shape[3] - margin]
            x = to_patches(inner, first, layout.frames, layout.size, scaled=False)
            wide, side, _ = layout.stored
            margins = (to_patches(cut, first - JITTER_FRAMES, wide, side) * 65535).astype(np.uint16)
            peak, told = (
                np.array([movie.file_frame(int(f)) - 1 for f in at], int) for at in (frame, labels.frame[rows])
            )
            yield x, margins, Rows(
                labels.class_id[rows], np.full(len(rows), number), peak, labels.y[rows], labels.x[rows],
                np.full(len(rows), radius), told,
            )  # fmt: skip


def movie_info(movie: Movie, name: str) -> MovieInfo:
    """Return what a data set tells of a movie."""
    digest = hashlib.sha256(repr(movie.shape).encode())
    digest.update(np.ascontiguousarray(movie.read(0, 1)).tobytes())
    return MovieInfo(name, movie.pixel_size_um, movie.frame_interval_s, digest.hexdigest()[:16])
