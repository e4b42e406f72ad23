"""What thirty labelled events do: a model refined on simulated calcium sparks, before and after.

    python -m benchmarks.refine_sparks --out refine

Labels 30 sparks in small simulated movies (seeds from 400 on), refines a model on them with default parameters, and
counts events of whole movies with the detector, before and after: in spark movies from seed 9,250,000 on, and in stock
movies of the eight groups of validation, also from 9,250,000 on: seeds that chose nothing. True events with a peak z of
6 or more count, of the paper's recipe all. Writes ``refine.json`` and ``refine.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ivea_fiji.evaluation import Counts, Marks, match_events
from ivea_fiji.networks.registry import find_model
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.random_bursts import detect_random
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.simulation.sparks import simulate_sparks
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.simulation.writer import write_simulation
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.refine import Refined, refine
from ivea_fiji.training.validation import VISIBLE_Z, validation_movie

LABEL_SEED, TEST_SEED, STOCK_FIRST = 400, 9_250_000, 150_000
SEEN_Z = 5.0
"""Visibility from which a person is taken to see and label an event."""
SPARK = 10
"""Class of the labels: one the stock models do not have."""
LABELS = 30
_SIZE = {"frames": 160, "height": 192, "width": 192, "events": 9}


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes
    ----------
    before, after
        Counts by group of movies; 'sparks' are the new kind.
    seconds, cpu_seconds
        Of the refinement alone, from label files to model.
    refined
        The model and its own account of itself.
    """

    before: dict[str, Counts]
    after: dict[str, Counts]
    seconds: float
    cpu_seconds: float
    refined: Refined

    @property
    def gap_closed(self) -> float:
        """Part of the gap from F1 before to 1 that is closed."""
        before, after = self.before["sparks"].f1, self.after["sparks"].f1
        return (after - before) / (1 - before)

    @property
    def stock(self) -> tuple[float, float]:
        """F1 of the stock movies together, before and after."""
        return stock_f1(self.before), stock_f1(self.after)


def label_movies(folder: Path, labels: int = LABELS, first_seed: int = LABEL_SEED) -> int:
    """Write movies in which `labels` visible sparks are labelled, and no other; return how many movies.

    The last movie ends before its first spark too many.
    """
    left, seed = labels, first_seed
    while left:
        sim = simulate_sparks(seed, **_SIZE)
        seen = [e for e in sim.events if e.peak_z >= SEEN_Z]
        frames = len(sim.frames) if len(seen) <= left else seen[left].frame - 12
        seen = [e for e in seen[:left] if e.frame < frames]
        if seen and frames >= 60:
            short = SimulatedMovie(
                sim.frames[:frames], tuple(seen), sim.artefacts, sim.pixel_size_um, sim.frame_interval_s, sim.recipe
            )
            stem = f"sparks{seed}"
            files = write_simulation(short, folder, stem)
            for kind in ("truth", "rois", "recipe"):
                files[kind].unlink()
            marks = [
                Mark(f"{n}-event {{{n}}} | frame {e.frame + 1}_class_{SPARK}", e.frame + 1, e.y, e.x, 4.0, SPARK)
                for n, e in enumerate(seen, 1)
            ]
            write_rois(folder / f"{stem}_training_rois.zip", marks)
            left -= len(seen)
        seed += 1
    return seed - first_seed


def judge(movie: tuple[str, int], models: tuple[str, ...]) -> tuple[str, list[Counts]]:
    """Detect events of a movie with each model; ('sparks', seed), or ('stock', number of a validation movie)."""
    kind, number = movie
    group, sim = ("sparks", simulate_sparks(number)) if kind == "sparks" else validation_movie(number)
    least = 0.0 if group == "paper" else VISIBLE_Z
    scale = {"pixel_size_um": sim.pixel_size_um, "frame_interval_s": sim.frame_interval_s}
    counts = []
    for model in models:
        found = detect_random(sim.frames, model=model, threads=1, **scale)
        truth = Marks.of_truth(sim.events)
        counts.append(match_events(Marks.of_events(found.events), truth, min_peak_z=least).counts)
    return group, counts


def stock_f1(groups: dict[str, Counts]) -> float:
    """Return the F1 of all stock movies together; in a mean of groups a single event of a small one would decide."""
    return sum((c for g, c in groups.items() if g != "sparks"), Counts()).f1


def run(
    model: str, folder: Path, *, spark_movies: int = 20, stock_movies: int = 32, workers: int = 0,
    labels: int = LABELS, first_seed: int = TEST_SEED, progress: Progress | None = None,
    changes: dict[str, Any] | None = None,
    told: Callable[[str], None] = lambda text: None,
) -> Report:
    """Label, refine, and judge before and after; `first_seed` is that of the spark movies to judge by."""
    progress = progress or Silent()
    movies = label_movies(folder / "labels", labels)
    told(f"{labels} labels in {movies} movies")
    start, used = time.perf_counter(), _cpu()
    made = refine(
        folder / "labels", folder / "models", model=model, new_name="sparks", all_labelled=True,
        class_names=f"{SPARK}=spark", workers=workers, progress=progress, **(changes or {}),
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - start, _cpu() - used
    told(f"refined in {seconds:.0f} s, {cpu:.0f} CPU-s: {made.sentence}")
    tasks = [("sparks", first_seed + k) for k in range(spark_movies)]
    tasks += [("stock", STOCK_FIRST + k) for k in range(stock_movies)]
    models = (str(find_model(model).path), str(made.folder.path))
    sides: tuple[dict[str, Counts], dict[str, Counts]] = ({}, {})
    for group, counts in in_processes(partial(judge, models=models), tasks, workers, progress, "judging"):
        for side, one in zip(sides, counts, strict=True):
            side[group] = side.get(group, Counts()) + one
    return Report(*sides, seconds, cpu, made)


def _cpu() -> float:
    """Return the CPU-seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def as_markdown(report: Report, model: str) -> str:
    """Return the tables of docs/accuracy-refine.md."""
    before, after = report.stock
    lines = [
        f"Model `{model}`, refined on {LABELS} labelled sparks in {report.seconds:.0f} s "
        f"({report.cpu_seconds:.0f} CPU-seconds).",
        "",
        "| movies | true events | F1 before | precision | recall | F1 after | precision | recall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for group, b in sorted(report.before.items(), key=lambda item: (item[0] != "sparks", item[0])):
        a = report.after[group]
        numbers = " | ".join(f"{v:.3f}" for c in (b, a) for v in (c.f1, c.precision, c.recall))
        lines.append(f"| {group} | {b.hits + b.missed} | {numbers} |")
    lines += [
        "",
        f"Of the gap from F1 {report.before['sparks'].f1:.3f} to 1 on sparks, {100 * report.gap_closed:.0f} % are "
        f"closed; the F1 of the stock movies together goes from {before:.3f} to {after:.3f}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure, write ``refine.json`` and ``refine.md``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="evit28")
    parser.add_argument("--out", type=Path, default=Path("refine"))
    parser.add_argument("--spark-movies", type=int, default=20)
    parser.add_argument("--stock-movies", type=int, default=32)
    parser.add_argument("--trainable", default="head", choices=("head", "transformer", "all"))
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ivea-refine-") as folder:
        report = run(
            options.model, Path(folder), spark_movies=options.spark_movies, stock_movies=options.stock_movies,
            workers=options.workers, changes={"trainable": options.trainable},
            told=lambda text: print(text, flush=True),
        )  # fmt: skip
        card = report.refined.folder.card.model_dump(mode="json")
    text = as_markdown(report, options.model)
    print(text)
    (options.out / "refine.md").write_text(text, encoding="utf-8")
    told = {
        "seconds": report.seconds, "cpu_seconds": report.cpu_seconds, "gap_closed": report.gap_closed, "card": card,
        **{side: {g: [c.hits, c.false, c.missed] for g, c in getattr(report, side).items()}
           for side in ("before", "after")},
    }  # fmt: skip
    (options.out / "refine.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
