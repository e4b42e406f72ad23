"""Which candidates to label next: those that would teach most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.second_stage.familiarity import learn_levels, ranks

_SURE = 0.8
"""From this chance on a candidate is a confident event."""
_EVERY = 4
"""One in so many is a confident event, the others are doubtful: a judge that is sure and wrong has no doubts."""
_LEAST_DOUBT = 0.05
"""Doubt of a candidate of which the judge has none; above 0, so that unlike ones come before the rest."""
_POOL = 4000
"""Most candidates that are weighed against each other; the rest come behind them."""


def next_labels(
    chance: NDArray, measures: NDArray[np.float32], labelled: NDArray[np.bool_], seed: int = 0,
    count: int | None = None, levels: NDArray[np.float32] | None = None,
) -> NDArray[np.intp]:
    """Return which candidates would teach most, the best first. Ours.

    Each next one is the one of largest doubt times distance: doubt is ``1 - |2 chance - 1|``, distance that to the
    nearest candidate that is labelled or stands before it, in the ranks of the measures (`familiarity.ranks`). So ten
    in a row are not ten of the same kind, and what is like a labelled one waits. Every fourth is a confident event, the
    one least like all before it.

    Parameters
    ----------
    chance
        What the present judge says ``(n,)``, 0 to 1.
    measures
        Measures of the second look ``(n, measures)``.
    labelled
        Which have a label already ``(n,)``; these are not among the answers.
    seed
        Decides between candidates that are alike.
    count
        How many are wanted; None for all. All others follow by their doubt.
    levels
        Quantiles by which measures become ranks ``(measures, 33)``, such as `Familiarity.levels`; None learns them
        from these candidates.

    Returns
    -------
    ndarray
        Row numbers ``(min(count, unlabelled),)``.
    """
    chance = np.asarray(chance, float)
    labelled = np.asarray(labelled, bool)
    free = np.flatnonzero(~labelled)
    count = len(free) if count is None else min(count, len(free))
    if not count:
        return np.zeros(0, np.intp)
    doubt = np.maximum(1 - np.abs(2 * chance - 1), _LEAST_DOUBT)
    # Alike in everything, the seed decides and not the order in the movie.
    order = np.random.default_rng(seed).permutation(free)
    order = order[np.argsort(-doubt[order], kind="stable")]
    sure = order[chance[order] >= _SURE]
    pool = np.concatenate([order[:_POOL], np.setdiff1d(sure[:_POOL], order[:_POOL])])
    rank = ranks(measures, learn_levels(measures[~labelled]) if levels is None else levels)
    chosen = _spread(chance[pool], doubt[pool], rank[pool], rank[labelled], min(count, _MOST))
    first = pool[chosen]
    return np.concatenate([first, order[~np.isin(order, first)]])[:count]


_MOST = 200
"""So many are chosen one after the other; nobody labels more before the judge has changed."""


def _spread(
    chance: NDArray, doubt: NDArray, rank: NDArray[np.float32], known: NDArray[np.float32], count: int
) -> list[int]:
    """Return rows, each the best one after those before it and after what is `known` ``(k, measures)``."""
    far = np.full(len(chance), np.inf)
    for row in known:
        far = np.minimum(far, _distance(rank, row))
    left = np.ones(len(chance), bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(chance)):
        worth = doubt * (far if chosen or len(known) else 1.0)
        sure = left & (chance >= _SURE)
        if len(chosen) % _EVERY == _EVERY - 1 and sure.any():
            worth = np.where(sure, far, -1.0)
        best = int(np.where(left, worth, -1.0).argmax())
        chosen.append(best)
        left[best] = False
        far = np.minimum(far, _distance(rank, rank[best]))
    return chosen


def _distance(rank: NDArray[np.float32], row: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.sqrt(((rank - row) ** 2).mean(axis=1, dtype=float))
