"""Train the second stage of a model: measured candidates, trees fitted to them, calibration by what was left out.

Families of movies count alike, however many rows they have; so do the recordings without events, at a smaller weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.classify import classify_at
from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.movie import Movie
from ivea_fiji.networks.card import CARD, SECOND_STAGE, SECOND_STAGE_ROWS, ModelCard, ModelFolder, sha256
from ivea_fiji.networks.runtime import Classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import vision_radius
from ivea_fiji.progress import Silent
from ivea_fiji.second_stage.courses import AFTER, BEFORE, COLUMNS, FRAMES, Courses
from ivea_fiji.second_stage.familiarity import Familiarity, choose_examples, distances, learn_levels, ranks
from ivea_fiji.second_stage.look import crowd_of, stream_courses
from ivea_fiji.second_stage.measures import NAMES, course_measures
from ivea_fiji.second_stage.stage import SecondStage, network_values
from ivea_fiji.second_stage.trees import Trees
from ivea_fiji.training.labels import AMBIGUOUS, Truth, label_candidates

REAL_WEIGHT = 0.15
"""Weight of a recording without events, where a family of simulated movies has 1."""
_EVENT_SHARE = 0.35
"""Share of events in the weight of a family that has any."""
_SHORTEST = 3
_UNCLEAR_FRAMES = 8
_LOST_BY_SCREEN = 0.005
"""Part of the events of a middling family that may be called hopeless before the network is asked."""
_SLOW_FRAMES, _CLOUD, _FLANK_OF_LEAVING = 2, 0.04, 1.25
"""Losses over so many frames need a cloud: light around the spot, in parts of the loss, above what leaving would leave;
light around a spot for each of the light in its middle, as `width_before` tells it. Chosen on movies of others."""
_KEPT = (700, 1100)
"""Events and others of a family that go with a model."""
_TREES = {
    "max_iter": 350, "learning_rate": 0.08, "max_leaf_nodes": 31, "min_samples_leaf": 30, "l2_regularization": 10.0,
    "max_features": 0.2, "early_stopping": False,
}  # fmt: skip
_SCREEN = {**_TREES, "max_iter": 40, "max_leaf_nodes": 12, "learning_rate": 0.2, "max_features": 0.5}


@dataclass(frozen=True)
class Rows:
    """Measured candidates with labels.

    Attributes
    ----------
    courses
        float32 ``(n, 201, 13)``; kept so that measures can be taken anew, and shorter movies be imitated.
    crowd
        Measures of the candidates around ``(n, 8)``.
    probabilities
        What the network says ``(n, classes)``.
    label
        Class ids ``(n,)``, or `AMBIGUOUS`.
    frame, y, x, strength, sigma
        Of the candidates ``(n,)``, frames those of the peaks.
    """

    courses: NDArray[np.float32]
    crowd: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    label: NDArray[np.int64]
    frame: NDArray[np.int64]
    y: NDArray[np.float32]
    x: NDArray[np.float32]
    strength: NDArray[np.float32]
    sigma: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray) -> Self:
        """Return some of them, by a mask or row numbers."""
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several movies as one."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def measures(self, cut: np.random.Generator | None = None) -> NDArray[np.float32]:
        """Return all measures ``(n, measures)``, with `cut` as if about half of the movies began late or ended early.

        Without that, the judge would know short movies by what is missing in them.
        """
        courses = self.courses
        if cut is not None:
            courses = courses.copy()
            ends = np.exp(cut.uniform(np.log(_SHORTEST), np.log(BEFORE), (2, len(self)))).astype(int)
            ends[cut.random((2, len(self))) < 0.5] = BEFORE + AFTER
            offset = np.arange(-BEFORE, AFTER + 1)
            courses[(offset < -ends[0][:, None]) | (offset > ends[1][:, None])] = np.nan
        return np.column_stack([course_measures(Courses(courses)), self.crowd])


def rows_of(movie: Movie, truth: Truth, unclear: NDArray, card: ModelCard, classifier: Classifier) -> Rows:
    """Find the candidates of a movie, measure them, ask the network, and label them.

    Parameters
    ----------
    movie
        The movie.
    truth
        Its events; nothing else in it is one.
    unclear
        Rows ``(frame, y, x)`` of what nobody could tell. Near one, what is not near an event counts as none: of such
        moments nearly all are drawn as none, and a report in doubt costs trust.
    card, classifier
        The network.
    """
    params = RandomParams()
    found = find_candidates(movie, learn_thresholds(movie, params), params).inside(movie.mask)
    rows = measured_rows(movie, found, vision_radius(0, movie.pixel_size_um), card, classifier)
    label = label_candidates(truth, rows.frame, found.y, found.x)
    return replace(rows, label=_without_unclear(label, unclear, rows.frame))


def measured_rows(
    movie: Movie, found: Candidates, radius: int, card: ModelCard, classifier: Classifier
) -> Rows:
    """Measure candidates and ask the network about all of them; their labels are `AMBIGUOUS` yet.

    Parameters
    ----------
    movie, found, radius
        The movie, its candidates, and the vision radius, px.
    card, classifier
        The network.
    """
    n = len(found)
    frame, courses = found.frame.astype(np.int64), np.zeros((n, FRAMES, COLUMNS), np.float32)
    for rows, moved, part in stream_courses(movie, found, radius):
        frame[rows], courses[rows] = moved, part.values
    probabilities = classify_at(movie, found, frame, card, classifier, radius, Silent())
    return Rows(
        courses, crowd_of(found, frame, radius), probabilities, np.full(n, AMBIGUOUS), frame, found.y, found.x,
        found.strength, found.sigma,
    )  # fmt: skip


def _without_unclear(label: NDArray[np.int64], unclear: NDArray, frame: NDArray) -> NDArray[np.int64]:
    """Leave out of the labels what is near a moment of the whole movie that nobody could tell (a place of NaN)."""
    label = label.copy()
    for t, y, _x in unclear:
        if np.isnan(y):
            label[(np.abs(frame - t) <= _UNCLEAR_FRAMES) & (label < 0)] = AMBIGUOUS
    return label


def thin(label: NDArray[np.int64], chance: NDArray, most: int, seed: int) -> NDArray[np.intp]:
    """Return which rows of a movie teach: all events, and at most so many others, half of them the hardest."""
    none = np.flatnonzero((label < 0) & (label != AMBIGUOUS))
    if len(none) > most:
        order = none[np.argsort(-chance[none])]
        rest = np.random.default_rng(seed).choice(order[most // 2 :], most - most // 2, replace=False)
        none = np.concatenate([order[: most // 2], rest])
    return np.sort(np.concatenate([np.flatnonzero(label >= 0), none]))


@dataclass(frozen=True)
class Table:
    """Rows of many movies as the trees take them; ``(n, ...)`` each."""

    measures: NDArray[np.float32]
    network: NDArray[np.float32]
    event: NDArray[np.bool_]
    family: NDArray[np.str_]
    """Of the movie; recordings without events are families of their own, which begin with 'real'."""

    @classmethod
    def join(cls, parts: Sequence[Table]) -> Table:
        """Return all rows of several tables."""
        names = ("measures", "network", "event", "family")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def take(self, rows: NDArray) -> Table:
        """Return some of the rows."""
        return Table(self.measures[rows], self.network[rows], self.event[rows], self.family[rows])

    def save(self, path: Path) -> None:
        """Write the rows into one ``.npz``, with half precision."""
        np.savez_compressed(
            path, measures=self.measures.astype(np.float16), network=self.network.astype(np.float16),
            event=self.event, family=self.family,
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Table:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(
                file["measures"].astype(np.float32), file["network"].astype(np.float32), file["event"], file["family"]
            )

    def weights(self) -> NDArray[np.float64]:
        """Return the weight of every row: the same for every family, `REAL_WEIGHT` for recordings without events."""
        weight = np.zeros(len(self.event))
        for name in np.unique(self.family):
            mine = self.family == name
            total = REAL_WEIGHT if name.startswith("real") else 1.0
            events, others = mine & self.event, mine & ~self.event
            share = _EVENT_SHARE if events.any() else 0.0
            weight[events] = total * share / max(events.sum(), 1)
            weight[others] = total * (1 - share) / max(others.sum(), 1)
        return weight * len(weight) / weight.sum()


def without_unseen_clouds(table: Table) -> Table:
    """Return rows without losses of light of which nobody could tell a cloud from leaving.

    What leaves takes the light around its middle with it, in proportion; a cloud keeps it there for a while. A loss
    over two frames or more is taught as an event only if that can be seen.
    """
    value = {name: table.measures[:, k] for k, name in enumerate(NAMES)}
    before = value["width_before"].clip(0, 0.6)
    around = _FLANK_OF_LEAVING * before / (1 - before)
    with np.errstate(invalid="ignore"):
        kept = np.stack([around * value[f"light_+{t}"].clip(0, 1.3) - value[f"flank_+{t}"] for t in range(3)])
        known = ~np.isnan(kept)
        excess = np.where(known, kept, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        slow_loss = (value["direction"] < 0) & (value["fall_frames"] >= _SLOW_FRAMES)
    return table.take(~(table.event & slow_loss & ~(excess > _CLOUD)))


def table_of(rows: Rows, family: str, event_columns: list[int], seed: int) -> Table:
    """Return rows as they are, and once more as movies that are shorter would show them."""
    measures = np.concatenate([rows.measures(), rows.measures(np.random.default_rng([seed, 5]))])
    network = np.tile(network_values(rows.probabilities, event_columns), (2, 1))
    event = np.tile(rows.label >= 0, 2)
    return Table(measures, network, event, np.full(len(event), family))


def fit_trees(x: NDArray[np.float32], event: NDArray, weight: NDArray, **settings: float | bool) -> Trees:
    """Fit gradient-boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    fitted = HistGradientBoostingClassifier(random_state=0, **settings).fit(x, event, sample_weight=weight)
    return Trees.of_fitted([fitted])


def fit_judge(table: Table) -> Trees:
    """Fit what judges measures and network together."""
    return fit_trees(np.column_stack([table.measures, table.network]), table.event, table.weights(), **_TREES)


def fit_screen(table: Table) -> tuple[Trees, float]:
    """Fit what tells by measures alone that a candidate is hopeless, and from which log odds on it is not."""
    screen = fit_trees(table.measures, table.event, table.weights(), **_SCREEN)
    odds = screen.log_odds(table.measures)
    # By family, or one that has many events would decide for all.
    floors = [
        np.quantile(odds[mine], _LOST_BY_SCREEN)
        for name in np.unique(table.family)
        if (mine := table.event & (table.family == name)).any()
    ]
    return screen, float(np.median(floors))


def fit_scale(odds: NDArray, event: NDArray, weight: NDArray) -> tuple[float, float]:
    """Return scale and offset by which log odds of left-out candidates become those of the probabilities they mean."""

    def loss(v: NDArray) -> float:
        z = np.exp(v[0]) * odds + v[1]
        return float(np.average(np.logaddexp(0, np.where(event, -z, z)), weights=weight))

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead").x
    return float(np.exp(best[0])), float(best[1])


def fit_familiarity(table: Table) -> Familiarity:
    """Choose examples of all families, and learn how far from the others a family that is left out lies."""
    names = np.unique(table.family)
    rng = np.random.default_rng(0)
    some = np.concatenate([
        rng.choice(rows, min(len(rows), 1500), replace=False)
        for name in names for rows in [np.flatnonzero(table.family == name)]
    ])  # fmt: skip
    levels = learn_levels(table.measures[some])
    rank, family = ranks(table.measures[some], levels), table.family[some]
    apart = []
    for name in names:
        others = choose_examples(rank[family != name])
        apart.append(np.quantile(distances(rank[family == name], others), np.linspace(0, 1, 101)))
    usual = np.sort(np.concatenate(apart))
    return Familiarity(levels, choose_examples(rank), np.quantile(usual, np.linspace(0, 1, 101)).astype(np.float32))


def make_stage(table: Table, scale: float, offset: float) -> SecondStage:
    """Fit all of a second stage."""
    screen, hopeless = fit_screen(table)
    return SecondStage(screen, hopeless, fit_judge(table), scale, offset, fit_familiarity(table))


def sample(table: Table) -> Table:
    """Return the rows that go with a model, so that it can be taught more without forgetting: some of every family."""
    rng = np.random.default_rng(0)
    kept = []
    for name in np.unique(table.family):
        mine = table.family == name
        for side, most in ((mine & table.event, _KEPT[0]), (mine & ~table.event, _KEPT[1])):
            rows = np.flatnonzero(side)
            kept.append(rng.choice(rows, min(len(rows), most), replace=False))
    return table.take(np.sort(np.concatenate(kept)))


def write_stage(
    stage: SecondStage, kept: Table, folder: Path, training: dict[str, Any], threshold: float
) -> ModelCard:
    """Put a second stage and the rows that go with it into a model folder, and on its card with its threshold."""
    card = ModelFolder(folder).card
    stage.save(folder / SECOND_STAGE)
    kept.save(folder / SECOND_STAGE_ROWS)
    files = {**card.files, **{name: sha256(folder / name) for name in (SECOND_STAGE, SECOND_STAGE_ROWS)}}
    told = {**card.training, "second_stage": training}
    card = card.model_copy(update={"files": files, "second_threshold": threshold, "training": told})
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card
