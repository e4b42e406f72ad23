"""One test movie: simulated, analysed with every model, compared with its truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.suites import TEST_SEED
from ivea_fiji.evaluation import Counts, Evaluation, Marks, evaluate
from ivea_fiji.events.model import Result
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.networks.registry import find_model
from ivea_fiji.params import EvaluationParams
from ivea_fiji.random_bursts import detect_random
from ivea_fiji.simulation import SimulatedMovie
from ivea_fiji.simulation.paper import simulate_paper
from ivea_fiji.simulation.physics import RANGES, simulate_physics

PAPER_FACTORS = (0.1, 0.2, 0.5, 0.7, 1.0, 2.0, 4.0, 7.0, 10.0)
PHYSICS_KINDS = ("ph_sensitive", "ph_insensitive", "latent", "mixed", "none")
VISIBLE_Z = 6.0
BINS = (3.0, 5.0, 6.0, 8.0, 12.0, np.inf)
"""Edges of the bins of visibility."""
_PHYSICS_SEED = TEST_SEED + 20_000
_SEEDS = 1000  # kept for each lambda and each kind
_FOREIGN_PX, _FOREIGN_FRAMES = 8, 30
"""What is found so near to an event of a class that a model does not know is not counted."""


@dataclass(frozen=True)
class Task:
    """A movie to judge by."""

    recipe: str
    """'paper' or 'physics'."""
    kind: str
    """Kind of a physics movie."""
    noise_factor: float
    """lambda of a paper movie."""
    number: int
    frames: int
    side: int

    @property
    def min_peak_z(self) -> float:
        """True events less visible than this are no case."""
        return VISIBLE_Z if self.recipe == "physics" else 0.0

    def simulate(self) -> SimulatedMovie:
        """Return the movie; every task has a seed of its own."""
        size = {"frames": self.frames, "height": self.side, "width": self.side}
        if self.recipe == "physics":
            seed = _PHYSICS_SEED + _SEEDS * PHYSICS_KINDS.index(self.kind) + self.number
            return simulate_physics(seed, kind=self.kind, ranges=RANGES["shifted"], **size)
        seed = TEST_SEED + _SEEDS * PAPER_FACTORS.index(self.noise_factor) + self.number
        events = max(1, round(20 * self.frames * self.side**2 / (200 * 256**2)))
        return simulate_paper(noise_factor=self.noise_factor, seed=seed, events=events, **size)


def judge(task: Task, models: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what each model found in the movie of a task, as plain data."""
    sim = task.simulate()
    movie = Movie(
        ArraySource(sim.frames), "test movie", pixel_size_um=sim.pixel_size_um, frame_interval_s=sim.frame_interval_s
    )
    z = [e.peak_z for e in sim.events]
    about = {**asdict(task), "frames": len(sim.frames), "peak_z": z}
    return [{**about, "model": name, **_compare(detect_random(movie, model=name, threads=1), sim, task, name)}
            for name in models]  # fmt: skip


def _compare(result: Result, sim: SimulatedMovie, task: Task, model: str) -> dict[str, Any]:
    truth, foreign = known_truth(sim, {c.id for c in find_model(model).card.classes})
    found = without(Marks.of_events(result.events), foreign)
    params = EvaluationParams(min_peak_z=task.min_peak_z)
    main = evaluate(found, truth, params)
    places = [(e.frame, e.y, e.x) for e in (*result.events, *result.rejected)]
    candidates = Marks.of(*(list(zip(*places, strict=True)) or [(), (), ()]))
    return {
        "counts": asdict(main.counts),
        "candidates": len(candidates),
        "candidate_counts": asdict(evaluate(candidates, truth, params).counts),
        "recall_by_kind": {name: asdict(c) for name, c in main.recall_by("kind").items()},
        "confusion": [[a, b, n] for (a, b), n in main.confusion.items()],
        "bins": [asdict(c) for c in binned(evaluate(found, truth, EvaluationParams(min_peak_z=BINS[0])))],
        "seconds": sum(result.timings.values()),
    }


def known_truth(sim: SimulatedMovie, classes: set[int]) -> tuple[Marks, Marks]:
    """Return the true events of classes that a model knows, and the others, which are no case for it."""
    truth = Marks.of_truth(sim.events)
    known = np.isin(truth.class_id, list(classes))
    return truth[known], truth[~known]


def without(found: Marks, foreign: Marks) -> Marks:
    """Leave out what was found at events that are no case: whatever a model says of them is neither right nor wrong."""
    near = np.zeros(len(found), bool)
    for y, x, frame in zip(foreign.y, foreign.x, foreign.frame, strict=True):
        near |= (np.hypot(found.y - y, found.x - x) < _FOREIGN_PX) & (np.abs(found.frame - frame) < _FOREIGN_FRAMES)
    return found[~near]


def binned(e: Evaluation) -> list[Counts]:
    """Return counts per bin of visibility: of the true event, or for a false one that with which it was found."""
    m = e.matching

    def count(z: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.histogram(np.nan_to_num(z, nan=BINS[0], posinf=1e9), [*BINS[:-1], 1e12])[0]

    columns = (count(e.truth.peak_z[m.truth]), count(e.found.peak_z[m.false]), count(e.truth.peak_z[m.missed]))
    return [Counts(*(int(n) for n in row)) for row in zip(*columns, strict=True)]


def judge_real(examples: Path, models: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what each model finds in the example movies: bright places of the one, nothing in the other."""
    places = np.loadtxt(Path(__file__).with_name("synactj_places.csv"), delimiter=",", skiprows=1)
    rows = []
    for name in models:
        telomeres = detect_random(examples / "telomeres" / "timelapse_telomeres_2d.tif", model=name)
        synapses = detect_random(examples / "synactj" / "testMovie.tif", model=name)
        at = np.array([(e.x, e.y) for e in synapses.events]).reshape(-1, 2)
        far = np.hypot(*(places[:, None] - at[None]).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
        rows.append({
            "model": name,
            "telomeres": len(telomeres.events),
            "telomeres_candidates": len(telomeres.rejected) + len(telomeres.events),
            "telomeres_frames": telomeres.movie.shape[0],
            "synactj": len(synapses.events),
            "synactj_classes": dict(Counter(e.class_name for e in synapses.events)),
            "synactj_places": len(places),
            "synactj_places_found": int((far <= 5).sum()),
        })  # fmt: skip
    return rows
