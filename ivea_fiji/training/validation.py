"""Whole movies, never trained on, by which probabilities are calibrated and thresholds chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.classify import classify
from ivea_fiji.evaluation import Counts, Marks, match_events
from ivea_fiji.events.prior import adapt_to_movie
from ivea_fiji.events.rule import Rule
from ivea_fiji.events.suppression import SAME_SITE_FRAMES
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.runtime import Classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import vision_radius
from ivea_fiji.simulation.paper import simulate_paper
from ivea_fiji.simulation.physics import RANGES, simulate_physics
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.training.labels import AMBIGUOUS, label_candidates

FIRST_SEED = 9_100_000
"""Validation movies; test movies begin at 9,200,000, training stays below 8,000,000."""
VISIBLE_Z = 6.0
THRESHOLDS = np.round(np.concatenate([np.arange(0.3, 0.9, 0.05), np.arange(0.9, 1.0, 0.01)]), 3)
NUS = (2.0, 4.0, 10.0)
SPREAD_RADII = (1.0, 3.0, 4.5)
REPEAT_FRAMES = (SAME_SITE_FRAMES, 6.0, 12.0, 18.0)
_MOST_BIAS = 8.0
FALSE_PER_1000 = 0.5
"""Most false events per 1000 frames without events that a threshold may give."""
_GROUPS = (
    ("mixed", "training"), ("ph_insensitive", "shifted"), ("none", "shifted"), ("mixed", "shifted"), ("paper", ""),
    ("latent", "shifted"), ("ph_sensitive", "shifted"), ("paper", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """A validation movie after the network has seen its candidates."""

    group: str
    truth: Marks
    min_peak_z: float
    frames: int
    interval_s: float | None
    frame: NDArray
    y: NDArray
    x: NDArray
    strength: NDArray
    sigma: NDArray
    probabilities: NDArray[np.float32]
    label: NDArray[np.int64]
    whole: bool = True
    """Whether these are all candidates of a movie, all of them judged; else a choice of samples."""
    weight: float = 1.0
    """Weight of its candidates in the calibration."""
    unjudged: NDArray[np.float32] | None = None
    """Probabilities of the other candidates of the movie ``(m, classes)``, which tell only how common events are in
    it; None where these are not known."""


def validation_movie(k: int) -> tuple[str, SimulatedMovie]:
    """Simulate a validation movie: physics of training and of shifted ranges, no events, and the paper's recipe."""
    kind, ranges = _GROUPS[k % len(_GROUPS)]
    seed = FIRST_SEED + k
    if kind == "paper":
        factor = float(np.random.default_rng(seed).choice([0.2, 0.6, 1.0, 2.0, 5.0, 9.0]))
        return "paper", simulate_paper(noise_factor=factor, seed=seed)
    return f"{kind} {ranges}", simulate_physics(seed, kind=kind, ranges=RANGES[ranges])


def score(group: str, sim: SimulatedMovie, card: ModelCard, classifier: Classifier) -> Scored:
    """Run detector and network on a simulated movie, as `detect_random` does by default."""
    params = RandomParams()
    movie = Movie(
        ArraySource(sim.frames), group, frame_interval_s=sim.frame_interval_s, pixel_size_um=sim.pixel_size_um
    )
    found = find_candidates(movie, learn_thresholds(movie, params), params)
    scores = classify(movie, found, card, classifier, vision_radius(0, sim.pixel_size_um))
    known = {c.id for c in card.classes}
    events = [e for e in sim.events if e.class_id in known]
    label = label_candidates(sim, scores.frame, found.y, found.x)
    label[~np.isin(label, list(known))] = AMBIGUOUS
    # The 26-frame network does not know latent fusion: such events are no case for it, whatever it says of them.
    foreign = np.array([e.class_id not in known for e in sim.events], bool)
    near = np.zeros(len(found), bool)
    for event in (e for e, out in zip(sim.events, foreign, strict=True) if out):
        near |= (np.hypot(found.y - event.y, found.x - event.x) < 8) & (np.abs(scores.frame - event.frame) < 30)
    keep = ~near
    return Scored(
        group, Marks.of_truth(events), 0.0 if group == "paper" else VISIBLE_Z, len(sim.frames), sim.frame_interval_s,
        scores.frame[keep], found.y[keep], found.x[keep], found.strength[keep], found.sigma[keep],
        scores.probabilities[keep], label[keep],
    )  # fmt: skip


def fit_calibration(movies: Iterable[Scored], card: ModelCard) -> tuple[float, float]:
    """Fit temperature and event bias so that the probability of being a fusion is what it says.

    Minimises the log loss of fusion against not, on all clearly labelled candidates in their natural proportion.

    Returns
    -------
    temperature, bias
        ``softmax(logits / temperature + bias [class is an event])``; 1 and 0 without any movie to tell.
    """
    clear = [(m, m.label != AMBIGUOUS) for m in movies if m.whole and (m.label != AMBIGUOUS).any()]
    if not clear:
        return 1.0, 0.0
    logits = np.log(np.concatenate([m.probabilities[k] for m, k in clear]).astype(float).clip(1e-9))
    true = np.concatenate([m.label[k] for m, k in clear]) >= 0
    weight = np.concatenate([np.full(k.sum(), m.weight) for m, k in clear])
    columns = card.event_columns

    def loss(v: NDArray) -> float:
        chance = event_chance(apply_calibration(logits, np.exp(v[0]), v[1], columns), columns).clip(1e-7, 1 - 1e-7)
        return -float(np.average(np.where(true, np.log(chance), np.log(1 - chance)), weights=weight))

    best = minimize(loss, [0.0, -1.0], method="Nelder-Mead").x
    return float(np.exp(best[0])), float(best[1])


def apply_calibration(logits: NDArray, temperature: float, bias: float, columns: list[int]) -> NDArray:
    """Return calibrated probabilities ``(n, classes)`` of logits."""
    z = logits / temperature
    z[:, columns] += bias
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def fit_bias(movies: Iterable[Scored], card: ModelCard, columns: list[int]) -> float:
    """Fit a bias of some event classes so that the probability of being an event at all is what it says.

    Never below 0, and 0 if there are not both events and others to tell.
    """
    clear = [(m, m.label != AMBIGUOUS) for m in movies]
    logits = np.log(np.concatenate([m.probabilities[k] for m, k in clear]).astype(float).clip(1e-9))
    true = np.concatenate([m.label[k] for m, k in clear]) >= 0
    if true.all() or not true.any():
        return 0.0

    def loss(bias: float) -> float:
        raised = apply_calibration(logits, 1.0, bias, columns)
        chance = event_chance(raised, card.event_columns).clip(1e-7, 1 - 1e-7)
        return -float(np.where(true, np.log(chance), np.log(1 - chance)).sum())

    return float(minimize_scalar(loss, bounds=(0.0, _MOST_BIAS), method="bounded").x)


def calibrated(movie: Scored, temperature: float, bias: float, columns: list[int]) -> Scored:
    """Return a movie as the network would have seen it with this calibration."""

    def again(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = np.log(probabilities.astype(float).clip(1e-9))
        return apply_calibration(logits, temperature, bias, columns).astype(np.float32)

    others = movie.unjudged
    return replace(
        movie, probabilities=again(movie.probabilities), unjudged=None if others is None else again(others)
    )


def event_share(movies: Iterable[Scored]) -> float:
    """Return the share of events among all clearly labelled candidates."""
    labels = np.concatenate([np.zeros(0, np.int64), *(m.label for m in movies if m.whole)])
    return round(float((labels[labels != AMBIGUOUS] >= 0).mean()), 5) if (labels != AMBIGUOUS).any() else 0.0


def event_chance(probabilities: NDArray, columns: list[int]) -> NDArray:
    """Return the probability of being a fusion at all ``(n,)``."""
    return probabilities[:, columns].sum(axis=1)


def events_of(movie: Scored, chance: NDArray, rule: Rule) -> Marks:
    """Return what would be reported of a movie."""
    likely, repeat = rule.apply(
        movie.frame, movie.y, movie.x, movie.strength, movie.sigma, chance, movie.interval_s
    )  # fmt: skip
    kept = likely & ~repeat
    return Marks.of(movie.frame[kept], movie.y[kept], movie.x[kept])


def movie_chance(movie: Scored, card: ModelCard) -> NDArray:
    """Return the probability of being an event of each candidate of a movie, as detection adapts it ``(n,)``."""
    others = movie.unjudged
    everything = movie.probabilities if others is None else np.concatenate([movie.probabilities, others])
    # A choice of samples tells nothing of how common events are in their movie.
    share = card.event_share if movie.whole or others is not None else 0.0
    adapted = adapt_to_movie(everything, card.event_columns, share)
    return event_chance(adapted[: len(movie.probabilities)], card.event_columns)


def sweep(
    movies: list[Scored], chances: list[NDArray], nu: float, spread_radius: float, repeat_frames: float
) -> dict[str, list[Counts]]:
    """Return counts of every group at every threshold of `THRESHOLDS`; `chances` are those of each movie."""
    table: dict[str, list[Counts]] = {}
    for movie, chance in zip(movies, chances, strict=True):
        row = table.setdefault(movie.group, [Counts() for _ in THRESHOLDS])
        for k, threshold in enumerate(THRESHOLDS):
            found = events_of(movie, chance, Rule(float(threshold), nu, spread_radius, repeat_frames))
            row[k] = row[k] + match_events(found, movie.truth, min_peak_z=movie.min_peak_z).counts
    return table


def choose(movies: list[Scored], card: ModelCard) -> tuple[Rule, dict[str, list[Counts]]]:
    """Choose threshold and suppression: best mean F1 of the groups with true events, few false events in the others.

    Returns
    -------
    rule, table
        And the counts per group and threshold with that suppression.
    """
    empty_frames = sum(m.frames for m in movies if m.group.startswith("none")) or 1
    best = (-1.0, 0, (NUS[0], SPREAD_RADII[0], REPEAT_FRAMES[0]))
    chances = [movie_chance(movie, card) for movie in movies]
    tables = {rest: sweep(movies, chances, *rest) for rest in product(NUS, SPREAD_RADII, REPEAT_FRAMES)}
    for rest, table in tables.items():
        for k in range(len(THRESHOLDS)):
            groups = [row[k] for row in table.values() if row[k].hits + row[k].missed]
            false = sum(row[k].false for name, row in table.items() if name.startswith("none"))
            excess = max(0.0, 1000 * false / empty_frames - FALSE_PER_1000)
            value = float(np.mean([c.f1 for c in groups] or [0.0])) - 0.02 * excess
            if value > best[0]:
                best = (value, k, rest)
    _, k, rest = best
    return Rule(float(THRESHOLDS[k]), *rest), tables[rest]
