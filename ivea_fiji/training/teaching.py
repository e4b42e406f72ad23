"""Teach the second stage of a model what a person labelled, without forgetting what it knew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import SECOND_STAGE_ROWS, ModelCard, ModelFolder
from ivea_fiji.networks.runtime import Classifier, load_second_stage
from ivea_fiji.progress import Progress, step
from ivea_fiji.second_stage.familiarity import Familiarity, distances, ranks
from ivea_fiji.second_stage.measures import NAMES
from ivea_fiji.second_stage.stage import SecondStage
from ivea_fiji.second_stage.trees import Trees, chance_of
from ivea_fiji.training.labelled import Study
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.second_stage import Rows, Table, measured_rows, table_of, thin

OWN_SHARE = 0.35
"""Weight of what a person labelled, beside what the model had learned from."""
_SURPRISE = 3.0
"""A label that contradicts the model weighs up to so many times more than one that agrees, and once."""
_COPIES = 4
MOST_OTHERS = 300
"""Labelled places of a movie that are no event and that teach; more would only repeat them."""
_FOLDS = 3
_ROUNDS = 6
_MOST_STEP = 3.0
"""Largest change of the log odds that one round asks for at a label."""
_LEAST_WEIGHT = 0.05
_ALIKE = 4
"""Fewest wrong answers of one kind that tell what their likes are."""
_DRAWN = 12_000
"""Rows of what was learned before that a fit sees."""
_TREES: dict[str, Any] = {
    "max_iter": 20, "learning_rate": 0.3, "max_leaf_nodes": 12, "min_samples_leaf": 200, "l2_regularization": 1e-3,
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

    @property
    def sentence(self) -> str:
        """What became better, or that nothing did, in one sentence."""
        if self.better:
            return (
                f"Second look: the mean error on {self.labels} labelled places goes from {self.before:.2f} to "
                f"{self.after:.2f} (in cross-validation)."
            )
        return (
            f"Second look: left as it was, since {self.labels} labelled places did not make it better (mean error "
            f"{self.before:.2f}, taught {self.after:.2f}); label ten more of the doubtful ones."
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What a card tells of it."""
        return {
            "labels": self.labels, "error_before": self.before, "error_after": self.after, "used": self.better,
        }  # fmt: skip


def own_rows(studies: Sequence[Study], card: ModelCard, classifier: Classifier, progress: Progress) -> Rows:
    """Return the measured candidates of labelled movies that were labelled, or are known to be no event."""
    parts = []
    for k, one in enumerate(studies):
        rows = measured_rows(one.labelled.movie, one.found, one.radius, card, classifier)
        chance = rows.probabilities[:, card.event_columns].sum(axis=1)
        kept = thin(one.label, chance, MOST_OTHERS, k)
        parts.append(replace(rows, label=one.label).take(kept))
        step(progress, "second look", k + 1, len(studies))
    return Rows.join(parts)


def teach(parent: ModelFolder, card: ModelCard, own: Rows, seed: int, progress: Progress) -> Taught | None:
    """Teach the second stage of a model labelled places; None if it has no second stage or there are no labels.

    The trees of the old judge stay; others are added that move its answers at labelled places, and leave alone those at
    what the model had learned from. Labels weigh the more, the farther they are from what it says. The taught stage is
    kept only if, in cross-validation over all labels, its probabilities are nearer to the labels.

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
    old = stage.judge.with_columns(_places(parent.card, card))
    answers = _answers(stage, own, parent.card, card)
    wider = _widened(kept, parent.card, card)
    replay = (
        np.column_stack([wider.measures, wider.network]), kept.weights() * ~_contradicted(stage, kept, own, answers),
    )  # fmt: skip
    event = own.label >= 0
    balance = _balance(event)
    folds = np.random.default_rng(seed).permutation(len(own)) % _FOLDS
    out = np.zeros(len(own))
    for k in range(_FOLDS):
        judge = _fit(old, stage, replay, own.take(folds != k), answers[folds != k], card)
        test = table_of(own.take(folds == k), "own", card.event_columns, k)
        odds = judge.log_odds(np.column_stack([test.measures, test.network]))[: int((folds == k).sum())]
        out[folds == k] = chance_of(stage.scale * odds + stage.offset)
        step(progress, "teaching the second look", k + 1, _FOLDS + 1)
    before, after = (float(np.average(np.abs(event - p), weights=balance)) for p in (answers, out))
    better = after < before
    judge = _fit(old, stage, replay, own, answers, card) if better else old
    step(progress, "teaching the second look", _FOLDS + 1, _FOLDS + 1)
    taught = _with_labels(stage, judge, own) if better else replace(stage, judge=judge)
    limit = parent.card.limit(0, second_look=True)
    found, found_after = (_counts(event, chance >= limit) for chance in (answers, out))
    rows = Table.join([wider, table_of(own, "labelled", card.event_columns, 0)])
    return Taught(taught, rows, before, after, found, found_after, len(own))


def _counts(event: NDArray[np.bool_], reported: NDArray[np.bool_]) -> Counts:
    return Counts(int((event & reported).sum()), int((~event & reported).sum()), int((event & ~reported).sum()))


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


def _places(parent: ModelCard, card: ModelCard) -> NDArray[np.intp]:
    """Return where each value that the old judge is told stands among those of the new network."""
    return np.concatenate([np.arange(len(NAMES)), len(NAMES) + np.array(_columns(parent, card))])


def _widened(kept: Table, parent: ModelCard, card: ModelCard) -> Table:
    """Return what was learned before as the new network would tell it: classes it has beside are unlikely."""
    network = np.full((len(kept.event), len(card.classes) + 1), np.log(_UNLIKELY), np.float32)
    network[:, _columns(parent, card)] = kept.network
    return replace(kept, network=network)


def _contradicted(stage: SecondStage, kept: Table, own: Rows, answers: NDArray) -> NDArray[np.bool_]:
    """Tell which rows of what was learned before are like labelled places about which the old answer was wrong.

    To show them again would teach the trees to tell the labels from their likes by chance.
    """
    event = own.label >= 0
    wrong = np.abs(event - answers) > 0.5
    known = chance_of(stage.scale * stage.judge.log_odds(np.column_stack([kept.measures, kept.network])) + stage.offset)
    levels = stage.familiarity.levels
    there, here = ranks(kept.measures, levels), ranks(own.measures(), levels)
    out = np.zeros(len(known), bool)
    for side in (True, False):
        mine = here[wrong & (event == side)]
        if len(mine) >= _ALIKE:
            # As near as the labels are to one another; each is its own nearest, which makes a third of the mean 0.
            reach = 2 * float(np.median(distances(mine, mine)))
            out |= ((known > 0.5) != side) & (distances(there, mine) < reach)
    return out


def _answers(stage: SecondStage, own: Rows, parent: ModelCard, card: ModelCard) -> NDArray[np.float64]:
    """Return what the old stage says of labelled places; of classes it does not know it is not told."""
    table = table_of(own, "own", card.event_columns, 0)
    n = len(own)
    return stage.chance(table.measures[:n], table.network[:n][:, _columns(parent, card)])


def _fit(
    old: Trees, stage: SecondStage, replay: tuple[NDArray[np.float32], NDArray[np.float64]], own: Rows,
    answers: NDArray, card: ModelCard,
) -> Trees:
    """Return the old judge with trees added that correct it at labelled places and nowhere else.

    Each round takes a step of LogitBoost (Friedman, Hastie & Tibshirani 2000): trees are fitted to how far the log odds
    are from the labels; of what was learned before, the answer is right by definition, so that the step there is 0.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    before, replay_weight = replay
    event = own.label >= 0
    mine = _balance(event) * (1 + _SURPRISE * np.abs(event - answers))
    # Copies are cut in other ways, so that few labels are not learned by heart.
    tables = [table_of(own, "own", card.event_columns, k) for k in range(_COPIES // 2)]
    here = np.concatenate([np.column_stack([t.measures, t.network]) for t in tables])
    # As coarse as the kept rows are, or trees would tell labels by their digits.
    here = here.astype(np.float16).astype(np.float32)
    label = np.concatenate([t.event for t in tables])
    # Weights are given by drawing rows: weighted trees bin their values by weighted quantiles, which takes minutes.
    rng = np.random.default_rng(0)
    old_rows = rng.choice(len(before), _DRAWN, p=replay_weight / replay_weight.sum())
    drawn = round(_DRAWN * OWN_SHARE / (1 - OWN_SHARE))
    own_rows = rng.choice(len(here), drawn, p=np.tile(mine, _COPIES) / (_COPIES * mine.sum()))
    x = np.concatenate([before[old_rows], here[own_rows]])
    # Only what was added is asked anew: the old judge is large, and its answers do not change.
    moved, now = np.zeros(len(before)), old.log_odds(here)
    judge = old
    for k in range(_ROUNDS):
        chance = chance_of(stage.scale * now + stage.offset)
        step_ = (label - chance) / np.maximum(chance * (1 - chance), _LEAST_WEIGHT)
        step_ = step_.clip(-_MOST_STEP, _MOST_STEP) / stage.scale
        wanted = np.concatenate([-moved[old_rows], step_[own_rows]])
        tree = HistGradientBoostingRegressor(random_state=k, **_TREES).fit(x, wanted)
        more = Trees.of_fitted([tree])
        moved, now = moved + more.log_odds(before), now + more.log_odds(here)
        judge = judge.plus(more)
    return judge


def _with_labels(stage: SecondStage, judge: Trees, own: Rows) -> SecondStage:
    """Return a stage with another judge, to which labelled places are familiar and labelled events not hopeless."""
    measures = own.measures()
    odds = stage.screen.log_odds(measures)[own.label >= 0]
    hopeless = min(stage.hopeless, float(odds.min()) - 0.5) if len(odds) else stage.hopeless
    f = stage.familiarity
    examples = np.concatenate([f.examples, ranks(measures, f.levels).astype(np.float16)])
    return replace(stage, judge=judge, hopeless=hopeless, familiarity=Familiarity(f.levels, examples, f.usual))
