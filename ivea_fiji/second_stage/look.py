"""The courses and measures of all candidates of a movie, streamed through it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.movie import Movie
from ivea_fiji.patches import SHIFT_AFTER, SHIFT_BEFORE, Window, peak_shift, stream_windows
from ivea_fiji.progress import Progress, step
from ivea_fiji.second_stage.courses import AFTER, BEFORE, Courses, courses_of, ring_radius
from ivea_fiji.second_stage.measures import course_measures, crowd_measures

_SCALE_RADIUS = 12


def stream_courses(
    movie: Movie, candidates: Candidates, radius: int
) -> Iterator[tuple[slice, NDArray[np.int64], Courses]]:
    """Yield the light around candidates, some after the others.

    Parameters
    ----------
    movie
        Where the candidates come from.
    candidates
        Sorted by frame.
    radius
        Vision radius, px.

    Yields
    ------
    rows, frame, courses
        Slice of the candidates, the frames of their peaks, and their courses.
    """
    frames = movie.shape[0]
    window = Window(BEFORE + SHIFT_BEFORE, AFTER + SHIFT_AFTER, ring_radius(radius))
    at = candidates.frame.astype(np.int64)
    for rows, cut in stream_windows(movie, at, candidates.y, candidates.x, window):
        # Frames are repeated beyond the ends of the movie, but an event lies within it.
        moved = (at[rows] + peak_shift(cut, window.before, candidates.direction[rows])).clip(0, frames - 1)
        shown = at[rows][:, None] - window.before + np.arange(window.frames)
        first = window.before + moved - at[rows] - BEFORE
        yield rows, moved, courses_of(cut, first, (shown >= 0) & (shown < frames), radius)


def crowd_of(candidates: Candidates, frame: NDArray[np.int64], radius: int) -> NDArray[np.float32]:
    """Return the measures that candidates have of each other; `frame` are those of their peaks."""
    return crowd_measures(
        frame, candidates.y, candidates.x, candidates.strength, candidates.peak, candidates.sigma,
        candidates.direction, radius / _SCALE_RADIUS,
    )  # fmt: skip


def look_at(
    movie: Movie, candidates: Candidates, radius: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the frames of the peaks of candidates ``(n,)``, and all their measures ``(n, measures)``."""
    frame = candidates.frame.astype(np.int64)
    parts = []
    for rows, moved, courses in stream_courses(movie, candidates, radius):
        frame[rows] = moved
        parts.append(course_measures(courses))
        step(progress, "second look", rows.stop, len(candidates))
    crowd = crowd_of(candidates, frame, radius)
    return frame, np.column_stack([np.concatenate(parts), crowd]) if parts else crowd
