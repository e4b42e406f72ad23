"""Teach the second stage of a model what a person labelled, without forgetting what it knew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.classify import classify_at
from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import SECOND_STAGE_ROWS, ModelCard, ModelFolder
from ivea_fiji.networks.runtime import Classifier, load_second_stage
from ivea_fiji.progress import Progress, Silent, step
from ivea_fiji.second_stage.courses import AFTER, BEFORE, COLUMNS
from ivea_fiji.second_stage.familiarity import Familiarity, ranks
from ivea_fiji.second_stage.look import crowd_of, stream_courses
from ivea_fiji.second_stage.stage import SecondStage
from ivea_fiji.second_stage.trees import Trees, chance_of
from ivea_fiji.training.labelled import Study
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.second_stage import Rows, Table, fit_trees, table_of, thin

OWN_SHARE = 0.35
"""Weight of what a person labelled, beside what the model had learned from."""
_SURPRISE = 3.0
"""A label that contradicts the model weighs up to so many times more than one that agrees, and once."""
_COPIES = 4
_MOST_OTHERS = 300
_FOLDS = 3
_TREES: dict[str, Any] = {
    "max_iter": 70, "learning_rate": 0.15, "max_leaf_nodes": 15, "min_samples_leaf": 20, "l2_regularization": 3.0,
    "max_features": 0.3, "early_stopping": False,
}  # fmt: skip
_UNLIKELY = 1e-6


@dataclass(frozen=True)
class Taught:
    """What teaching came to.

    Attributes
    ----------
    stage
        The second stage to use: the taught one, or the old one if teaching made nothing better.
    rows
        What goes with it, so that it can be taught again.
    before, after
        Mean error of the labelled places (probability against label, events and others alike), of the old stage and, in
        cross-validation, of the taught one.
    found_before, found_after
        What would be reported of the labelled places, in the same way.
    labels
        How many labelled places there were.
    """

    stage: SecondStage
    rows: Table
    before: float
    after: float
    found_before: Counts
    found_after: Counts
    labels: int

    @property
    def better(self) -> bool:
        """Whether the taught stage is used."""
        return self.after < self.before


def own_rows(studies: Sequence[Study], card: ModelCard, classifier: Classifier, progress: Progress) -> Rows:
    """Return the measured candidates of labelled movies that were labelled, or are known to be no event."""
    parts = []
    for k, one in enumerate(studies):
        movie = one.labelled.movie
        courses = np.zeros((len(one.found), BEFORE + AFTER + 1, COLUMNS), np.float32)
        for rows, _, part in stream_courses(movie, one.found, one.radius):
            courses[rows] = part.values
        probabilities = classify_at(movie, one.found, one.frame, card, classifier, one.radius, Silent())
        f = one.found
        rows_ = Rows(
            courses, crowd_of(f, one.frame, one.radius), probabilities, one.label, one.frame, f.y, f.x, f.strength,
            f.sigma,
        )  # fmt: skip
        chance = probabilities[:, card.event_columns].sum(axis=1)
        parts.append(rows_.take(thin(one.label, chance, _MOST_OTHERS, k)))
        step(progress, "second look", k + 1, len(studies))
    return Rows.join(parts)


def teach(parent: ModelFolder, card: ModelCard, own: Rows, seed: int, progress: Progress) -> Taught | None:
    """Teach the second stage of a model labelled places; None if it has no second stage or there are no labels.

    What the model had learned from is shown again with the answers it gave, so that these stay; labels weigh the more,
    the farther they are from what it says. The taught stage is kept only if, in cross-validation over all labels, its
    probabilities are nearer to the labels.

    Parameters
    ----------
    parent
        The model that is taught.
    card
        Of the network that `own` was asked of; it may have more classes than the parent.
    own
        Labelled places.
    seed
        Of the folds.
    progress
        Told after every fit.
    """
    stage = load_second_stage(parent)
    clear = own.label != AMBIGUOUS
    if stage is None or not clear.any() or SECOND_STAGE_ROWS not in parent.card.files:
        return None
    own = own.take(clear)
    kept = Table.load(parent.checked(SECOND_STAGE_ROWS))
    known = chance_of(stage.judge.log_odds(np.column_stack([kept.measures, kept.network])))
    replay = _replayed(kept, known, parent.card, card)
    answers = _answers(stage, own, parent.card, card)
    event = own.label >= 0
    balance = _balance(event)
    folds = np.random.default_rng(seed).permutation(len(own)) % _FOLDS
    out = np.zeros(len(own))
    for k in range(_FOLDS):
        judge = _fit(replay, own.take(folds != k), answers[folds != k], card, seeds=1)
        test = table_of(own.take(folds == k), "own", card.event_columns, k)
        odds = judge.log_odds(np.column_stack([test.measures, test.network]))[: int((folds == k).sum())]
        out[folds == k] = chance_of(stage.scale * odds + stage.offset)
        step(progress, "teaching the second look", k + 1, _FOLDS + 1)
    before, after = (float(np.average(np.abs(event - p), weights=balance)) for p in (answers, out))
    better = after < before
    if better:
        judge = _fit(replay, own, answers, card, seeds=2)
    elif len(card.classes) == len(parent.card.classes):
        judge = stage.judge
    else:  # the network has more to say than the old judge was told
        judge = _fit(replay, own.take(np.zeros(0, int)), answers[:0], card, seeds=2)
    step(progress, "teaching the second look", _FOLDS + 1, _FOLDS + 1)
    taught = _with_labels(stage, judge, own) if better else replace(stage, judge=judge)
    limit = parent.card.limit(0, second_look=True)
    found, found_after = (_counts(event, chance >= limit) for chance in (answers, out))
    return Taught(taught, _more(kept, own, parent.card, card), before, after, found, found_after, len(own))


def _counts(event: NDArray[np.bool_], reported: NDArray[np.bool_]) -> Counts:
    return Counts(int((event & reported).sum()), int((~event & reported).sum()), int((event & ~reported).sum()))


def _more(kept: Table, own: Rows, parent: ModelCard, card: ModelCard) -> Table:
    """Return the rows that go with the taught model: those of its parent and the labelled ones."""
    network = np.full((len(kept.event), len(card.classes) + 1), np.log(_UNLIKELY), np.float32)
    network[:, _columns(parent, card)] = kept.network
    mine = table_of(own, "labelled", card.event_columns, 0)
    return Table.join([Table(kept.measures, network, kept.event, kept.family), mine])


def _balance(event: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights by which events and others count alike, whatever there are."""
    weight = np.ones(len(event))
    for side in (event, ~event):
        weight[side] = 1 / max(side.sum(), 1)
    return weight / weight.sum()


def _columns(parent: ModelCard, card: ModelCard) -> list[int]:
    """Return where the network's values of the parent stand among those of the new network."""
    place = {c.id: k for k, c in enumerate(card.classes)}
    return [*(place[c.id] for c in parent.classes), len(card.classes)]


def _replayed(
    kept: Table, chance: NDArray, parent: ModelCard, card: ModelCard
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Return values, labels and weights of what was learned before: each row as an event and as none, by its answer."""
    network = np.full((len(kept.event), len(card.classes) + 1), np.log(_UNLIKELY), np.float32)
    network[:, _columns(parent, card)] = kept.network
    x = np.column_stack([kept.measures, network])
    weight = kept.weights() / len(kept.event)
    label = np.repeat([True, False], len(x))
    return np.concatenate([x, x]), label, np.concatenate([weight * chance, weight * (1 - chance)])


def _answers(stage: SecondStage, own: Rows, parent: ModelCard, card: ModelCard) -> NDArray[np.float64]:
    """Return what the old stage says of labelled places; of classes it does not know it is not told."""
    table = table_of(own, "own", card.event_columns, 0)
    n = len(own)
    return stage.chance(table.measures[:n], table.network[:n][:, _columns(parent, card)])


def _fit(
    replay: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]], own: Rows, answers: NDArray,
    card: ModelCard, seeds: int,
) -> Trees:
    x, label, weight = replay
    if len(own):
        event = own.label >= 0
        mine = _balance(event) * (1 + _SURPRISE * np.abs(event - answers))
        mine *= OWN_SHARE / (1 - OWN_SHARE) / mine.sum()
        # Copies are cut in other ways, so that few labels are not learned by heart.
        tables = [table_of(own, "own", card.event_columns, k) for k in range(_COPIES // 2)]
        x = np.concatenate([x, *(np.column_stack([t.measures, t.network]) for t in tables)])
        label = np.concatenate([label, *(t.event for t in tables)])
        weight = np.concatenate([weight, np.tile(mine / _COPIES, _COPIES)])
    return fit_trees(x, label, weight * len(weight) / weight.sum(), seeds, **_TREES)


def _with_labels(stage: SecondStage, judge: Trees, own: Rows) -> SecondStage:
    """Return a stage with another judge, to which labelled places are familiar and labelled events not hopeless."""
    measures = own.measures()
    odds = stage.screen.log_odds(measures)[own.label >= 0]
    hopeless = min(stage.hopeless, float(odds.min()) - 0.5) if len(odds) else stage.hopeless
    f = stage.familiarity
    examples = np.concatenate([f.examples, ranks(measures, f.levels).astype(np.float16)])
    return replace(stage, judge=judge, hopeless=hopeless, familiarity=Familiarity(f.levels, examples, f.usual))
