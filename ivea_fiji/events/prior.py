"""How common events are in this movie, told by the movie itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEADY = 100.0
"""Candidates that the usual share counts as: a movie with few candidates says little about how common events are."""
_ROUNDS = 30


def adapt_to_movie(
    probabilities: NDArray[np.float32], event_columns: list[int], usual_share: float
) -> NDArray[np.float32]:
    """Correct probabilities for how common events are among the candidates of this movie.

    A network is calibrated for the share of events among the candidates of its validation movies. Where events are
    rarer, fewer of its "probably" are true, and where they are commoner, more. The share of this movie is estimated
    from the answers to all its candidates by expectation maximisation (Saerens, Latinne & Decaestecker 2002, Eq 2.5),
    here for event against no event, with the usual share as if 100 candidates more had been seen (ours). The classes
    within events, and within artefacts, keep their proportions.

    Parameters
    ----------
    probabilities
        Of all candidates of a movie, ``(n, classes)``.
    event_columns
        Classes that are events.
    usual_share
        Share of events for which the network is calibrated, between 0 and 1; 0 changes nothing.

    Returns
    -------
    ndarray
        ``(n, classes)``.

    Notes
    -----
    Probabilities are never raised: a crowd of artefacts that the network does not know looks like a high rate, and
    would make itself believed.
    """
    if not len(probabilities) or not 0 < usual_share < 1:
        return probabilities
    before = probabilities[:, event_columns].sum(axis=1, dtype=float)
    share, after = usual_share, before
    for _ in range(_ROUNDS):
        event, none = share / usual_share, (1 - share) / (1 - usual_share)
        after = before * event / (before * event + (1 - before) * none)
        share = min((after.sum() + _STEADY * usual_share) / (len(after) + _STEADY), usual_share)
    factor = np.repeat(((1 - after) / np.maximum(1 - before, 1e-12))[:, None], probabilities.shape[1], axis=1)
    factor[:, event_columns] = (after / np.maximum(before, 1e-12))[:, None]
    return (probabilities * factor).astype(np.float32)
