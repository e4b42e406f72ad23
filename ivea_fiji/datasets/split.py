"""Split samples into those to learn from and those held out, so that no movie is on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.model import Rows
from ivea_fiji.errors import DatasetError

_TRIES = 200


@dataclass(frozen=True)
class Split:
    """Row numbers of both sides, sorted, and what keeps them apart.

    Attributes
    ----------
    train, held_out
        Row numbers.
    by
        'movie', or 'time' where a single movie had to be cut in two.
    """

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    by: Literal["movie", "time"]


def split_rows(rows: Rows, share: float = 0.25, seed: int = 1) -> Split:
    """Split samples by movie, or, if there is only one, by time.

    Of many random divisions of the movies the one is taken in which the held-out side has nearest to `share` of the
    samples of every class; movies of which nothing is known count as one. A single movie is cut at a frame: what comes
    later is held out.

    Parameters
    ----------
    rows
        The samples.
    share
        Share to hold out, between 0 and 1.
    seed
        Of the random divisions; the same seed gives the same split.

    Raises
    ------
    DatasetError
        If there are fewer than two samples.
    """
    if len(rows) < 2:
        raise DatasetError("There are fewer than two samples, so none can be held out; label more events.")
    movies = np.unique(rows.movie)
    if len(movies) < 2:
        return _by_time(rows, share)
    classes, column = np.unique(rows.label, return_inverse=True)
    counts = np.zeros((len(movies), len(classes)))
    np.add.at(counts, (np.searchsorted(movies, rows.movie), column), 1)
    rng = np.random.default_rng([seed, 31])
    best, chosen = np.inf, np.zeros(len(movies), bool)
    for _ in range(_TRIES):
        order = rng.permutation(len(movies))
        for held in range(1, min(len(movies), max(2, round(2 * share * len(movies)) + 1))):
            out = np.isin(np.arange(len(movies)), order[:held])
            part = counts[out].sum(axis=0) / counts.sum(axis=0)
            # A class that only one side has costs most where it is missing from what is learned.
            cost = float(np.abs(part - share).mean() + (part == 1).mean() + 0.5 * (part == 0).mean())
            if cost < best - 1e-12:
                best, chosen = cost, out
    held_out = np.isin(rows.movie, movies[chosen])
    return Split(np.flatnonzero(~held_out), np.flatnonzero(held_out), "movie")


def _by_time(rows: Rows, share: float) -> Split:
    order = np.argsort(rows.frame, kind="stable")
    events = order[rows.label[order] >= 0]
    line = events if len(events) >= 2 else order
    first = line[min(max(round((1 - share) * len(line)), 1), len(line) - 1)]
    at = int(np.flatnonzero(order == first)[0])
    return Split(np.sort(order[:at]), np.sort(order[at:]), "time")
