"""Movies of synapses, never trained on, by which the LSTM is calibrated and its threshold chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivea_fiji.evaluation import Counts, Marks, match_events
from ivea_fiji.events.model import Candidates
from ivea_fiji.events.rule import Rule
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.runtime import Classifier, OnnxClassifier
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.simulation.synapses import RANGES, SynapseMovie, simulate_synapses
from ivea_fiji.stationary_bursts import classify_activations, find_activations, not_repeated
from ivea_fiji.synapses.drift import steady
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.synapse_labels import label_synapses
from ivea_fiji.training.validation import FIRST_SEED, THRESHOLDS, VISIBLE_Z, Scored, movie_chance

if TYPE_CHECKING:
    from ivea_fiji.training.finish import Network, Table

_SEED = FIRST_SEED + 50_000
"""Validation movies of synapses."""
REPEAT_FRAMES = (6.0, 10.0, 15.0, 20.0)
PRECISION = 0.972
"""Precision asked of the validation movies: the paper's 0.964 and some more, since other movies differ."""
_AS_GOOD = 0.005
"""Thresholds whose F1 differs by less are as good as each other."""
_GROUPS = (
    ("mixed", "training"), ("mixed", "shifted"), ("none", "shifted"), ("spontaneous", "shifted"),
    ("stimulated", "shifted"), ("ammonium", "shifted"),
)  # fmt: skip


def validation_movie(k: int) -> tuple[str, SynapseMovie]:
    """Simulate a validation movie: training and shifted ranges, each kind of protocol, and none."""
    kind, ranges = _GROUPS[k % len(_GROUPS)]
    return f"{kind} {ranges}", simulate_synapses(_SEED + k, kind=kind, ranges=RANGES[ranges])


def score(group: str, sim: SynapseMovie, card: ModelCard, classifier: Classifier) -> Scored:
    """Run detector and network on a simulated movie, as `detect_stationary` does by default."""
    params = StationaryParams(threads=1)
    movie = Movie(ArraySource(sim.frames), group, frame_interval_s=sim.frame_interval_s)
    still = steady(movie, params.correct_drift)
    _, _, found = find_activations(still.movie, params, Silent())
    onset, probabilities = classify_activations(still.movie, found, card, lambda: classifier, params, Silent())
    y, x = still.in_file(onset, found.y, found.x)
    label = label_synapses(sim, onset, y, x)
    return Scored(
        group, Marks.of_truth(sim.events), VISIBLE_Z, len(sim.frames), sim.frame_interval_s, onset, y, x,
        found.strength, found.sigma, probabilities, label,
    )  # fmt: skip


def events_of(movie: Scored, chance: np.ndarray, threshold: float, repeat_frames: float) -> Marks:
    """Return what `detect_stationary` would report of a movie."""
    kept = np.flatnonzero(chance >= threshold)
    if not len(kept):
        return Marks.of([], [], [])
    frame, y, x = movie.frame[kept], movie.y[kept], movie.x[kept]
    shape = (len(kept), int(y.max()) + 2, int(x.max()) + 2)
    candidates = replace(Candidates.empty(), frame=frame, y=y, x=x)
    score = chance[kept] * movie.strength[kept]
    one = not_repeated(candidates, frame, score, shape[1:], StationaryParams(), repeat_frames)
    return Marks.of(frame[one], y[one], x[one])


@dataclass(frozen=True)
class SynapseJudge:
    """Simulated validation movies of synapses; see `finish.Judge`."""

    count: int
    workers: int = 0
    calibrated: bool = False

    def raised(self, movies: list[Scored], card: ModelCard) -> tuple[list[int], float]:
        """Return nothing: all events are calibrated alike."""
        return [], 0.0

    def scored(self, network: Network, progress: Progress, *, half: bool) -> list[Scored]:
        """Return what the network says of the first `count` validation movies, or of half of these."""
        make = partial(_score_one, onnx=network.onnx, card=network.card)
        count = self.count // 2 if half else self.count
        return list(in_processes(make, range(count), self.workers, progress, "validation"))

    def choose(self, movies: list[Scored], card: ModelCard) -> tuple[Rule, Table]:
        """Return the rule with the best F1 of all movies, less three times what it lacks of the precision asked for.

        F1 hardly changes over a wide range of thresholds. Of those that are as good the strictest is taken: real movies
        have more in them that looks like an event than simulated ones.
        """
        chances = [movie_chance(movie, card) for movie in movies]
        tables = {repeat: _sweep(movies, chances, repeat) for repeat in REPEAT_FRAMES}
        values = {repeat: np.array([_worth(table, k) for k in range(len(THRESHOLDS))])
                  for repeat, table in tables.items()}  # fmt: skip
        repeat = max(values, key=lambda r: values[r].max())
        k = int(np.flatnonzero(values[repeat] >= values[repeat].max() - _AS_GOOD)[-1])
        return Rule(float(THRESHOLDS[k]), 0.0, 0.0, repeat), tables[repeat]

    def metrics(self, movies: list[Scored], table: Table, k: int, card: ModelCard) -> dict[str, Any]:
        """Return counts of every group."""
        from ivea_fiji.training.finish import facts

        return {"validation_movies": {group: facts(row[k]) for group, row in table.items()}}


def _worth(table: Table, k: int) -> float:
    """Return F1 of all movies at a threshold, less three times what it lacks of the precision asked for."""
    counts = sum((row[k] for row in table.values()), Counts())
    return counts.f1 - 3 * max(0.0, PRECISION - counts.precision)


def _score_one(k: int, onnx: Path, card: ModelCard) -> Scored:
    group, sim = validation_movie(k)
    return score(group, sim, card, OnnxClassifier(onnx, threads=1))


def _sweep(movies: list[Scored], chances: list[np.ndarray], repeat_frames: float) -> dict[str, list[Counts]]:
    table: dict[str, list[Counts]] = {}
    for movie, chance in zip(movies, chances, strict=True):
        row = table.setdefault(movie.group, [Counts() for _ in THRESHOLDS])
        for k, threshold in enumerate(THRESHOLDS):
            found = events_of(movie, chance, float(threshold), repeat_frames)
            row[k] = row[k] + match_events(found, movie.truth, min_peak_z=movie.min_peak_z).counts
    return table
