"""Which candidates of a judged movie are its events: by probability and repeats, and by what a person says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.classify import Judged, Scores
from ivea_fiji.events.model import Candidates, Event, Rejected
from ivea_fiji.events.rule import Rule
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.params.random import RandomParams

UNSAID = -99
"""Class of a candidate of which nobody said anything."""
_CERTAIN = 1e6


def decide(
    judged: Judged, params: RandomParams, said: NDArray[np.int64] | None = None
) -> tuple[tuple[Event, ...], tuple[Rejected, ...]]:
    """Return the events of a judged movie, not yet measured, and the candidates that are none.

    Parameters
    ----------
    judged
        The movie.
    params
        Threshold, suppression, and wanted classes.
    said
        Class that a person gave each candidate ``(n,)``, `UNSAID` where nobody did: what a person said holds, whatever
        the probability is.

    Raises
    ------
    ParameterError
        If a class is wanted that the network does not know.
    """
    wanted = judged.card.wanted(params.classes)
    return _decide(judged.movie, judged.candidates, judged.scores, judged.card, params, wanted, said)


def _decide(
    movie: Movie, candidates: Candidates, scores: Scores, card: ModelCard, params: RandomParams, wanted: set[int],
    said: NDArray[np.int64] | None,
) -> tuple[tuple[Event, ...], tuple[Rejected, ...]]:
    """Choose what is an event: probability, Gaussian suppression, wanted classes."""
    n = len(candidates)
    columns = card.event_columns
    probabilities = scores.adapted(card, params)
    chance = probabilities[:, columns].sum(axis=1)
    best_kind = np.array(columns)[probabilities[:, columns].argmax(axis=1)] if n else np.zeros(0, int)
    rule = Rule(
        card.limit(params.confidence, params.second_look), card.nu, params.spread_radius or card.spread_radius,
        params.repeat_frames or card.repeat_frames, params.time_spread,
    )  # fmt: skip
    likely, repeat = rule.apply(
        scores.frame, candidates.y, candidates.x, candidates.strength, candidates.sigma, _certain(chance, said),
        movie.frame_interval_s,
    )  # fmt: skip
    ids = np.array([c.id for c in card.classes])
    class_id = np.where(likely, ids[best_kind], ids[probabilities.argmax(axis=1)]) if n else np.zeros(0, int)
    reason = np.full(n, "", object)
    reason[~likely] = np.where(class_id[~likely] >= 0, "below threshold", "artefact")
    reason[repeat] = "repeat"
    before, after = scores.frame, movie.shape[0] - 1 - scores.frame
    reason[(reason == "") & (np.minimum(before, after) < params.least_frames)] = "cut"
    # Only now, or the repeat of an event that is not wanted would be reported in its place.
    reason[(reason == "") & ~np.isin(class_id, list(wanted))] = "class not wanted"
    names = {c.id: c.name for c in card.classes}
    if said is not None:
        clear = said != UNSAID
        class_id[clear] = said[clear]
        reason[clear] = np.where(said[clear] >= 0, "", "labelled")
        names = {int(k): f"class_{k}" for k in said[clear]} | names
    kept = np.flatnonzero(reason == "")
    kept = kept[np.lexsort((candidates.x[kept], candidates.y[kept], scores.frame[kept]))]
    events = tuple(
        Event(
            k + 1, int(class_id[i]), names[int(class_id[i])], float(chance[i]), int(scores.frame[i]),
            float(candidates.y[i]), float(candidates.x[i]), float(candidates.strength[i]),
            float(candidates.peak[i]), float(candidates.sigma[i]),
            cut=_cut(int(before[i]), int(after[i]), card),
            familiarity=np.nan if scores.familiarity is None else float(scores.familiarity[i]),
            against=scores.against[i] if scores.against else "",
        )
        for k, i in enumerate(kept)
    )  # fmt: skip
    rejected = tuple(
        Rejected(
            int(scores.frame[i]), float(candidates.y[i]), float(candidates.x[i]), int(class_id[i]), float(chance[i]),
            str(reason[i]),
        )
        for i in np.flatnonzero(reason != "")
    )  # fmt: skip
    return events, rejected


def _certain(chance: NDArray, said: NDArray[np.int64] | None) -> NDArray:
    """Return the chances by which repeats are told: of what a person called an event, everything else is a repeat."""
    if said is None:
        return chance
    return np.where(said == UNSAID, chance, np.where(said >= 0, _CERTAIN, 0.0))


def _cut(before: int, after: int, card: ModelCard) -> str:
    """Say what the movie does not show of the frames that the network looks at."""
    told = [f"{n} frames {side}" for n, all_, side in ((before, card.before, "before"), (after, card.after, "after"))
            if n < all_]  # fmt: skip
    return " and ".join(told)
