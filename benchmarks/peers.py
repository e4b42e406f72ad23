"""IVEA and others on the same simulated movies, with the same matching, in one run.

    python -m benchmarks.peers --weights net_weights_FINAL.h5 --out peers

A finder without a decision of its own gets, for every kind of movie, the threshold with the best F1 over validation
movies of that kind; IVEA has one threshold for all, stored with its model. Times are wall and processor
seconds from the movie to its events; IVEA loads its network and measures its events within them, the other network
is loaded before. Needs ``pip install "ivea-fiji[bench]"``. The default takes about a quarter of an hour on two
processors, nearly all of it for ExoDeepFinder; ``--movies 3 --validation 2 --suites all`` is the thorough run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.exodeepfinder import ExoDeepFinder
from benchmarks.finders import Finder, Ivea, Trackpy
from benchmarks.markdown import markdown
from benchmarks.suites import SUITES, TEST_SEED, VALIDATION_SEED, Suite
from ivea_fiji.evaluation import Counts, Marks, evaluate
from ivea_fiji.params import EvaluationParams
from ivea_fiji.simulation.writer import write_simulation

_QUICK = ["paper, lambda 1", "ph_sensitive", "ph_insensitive", "latent", "mixed", "none"]
_SETTINGS = ("frames", "side", "movies", "validation", "validation_frames", "model")


@dataclass(frozen=True)
class Run:
    """One finder on one movie."""

    suite: Suite
    frames: int
    truth: Marks
    found: Marks
    seconds: float
    cpu_seconds: float

    def counts(self, threshold: float) -> Counts:
        """Return hits, false events and misses among what scores at least `threshold`."""
        kept = self.found[self.found.probability >= threshold] if threshold > 0 else self.found
        return evaluate(kept, self.truth, EvaluationParams(min_peak_z=self.suite.min_peak_z)).counts


@dataclass(frozen=True)
class Bench:
    """The same movies for every finder."""

    finders: list[Finder]
    suites: list[Suite]
    frames: int
    side: int

    def go(self, seed: int, movies: int, folder: Path) -> dict[str, list[Run]]:
        """Run every finder on `movies` movies of every suite."""
        runs: dict[str, list[Run]] = {finder.name: [] for finder in self.finders}
        for suite in self.suites:
            for k in range(movies):
                movie = suite.make(seed + k, self.frames, self.side)
                path = write_simulation(movie, folder, "movie")["movie"]
                truth = Marks.of_truth(movie.events)
                for finder in self.finders:
                    wall, cpu = time.perf_counter(), time.process_time()
                    found = finder.find(path, movie.frames)
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    runs[finder.name].append(Run(suite, len(movie.frames), truth, found, wall, cpu))
                    print(f"{suite.name}, {seed + k}: {finder.name} found {len(found)} in {wall:.1f} s", flush=True)
        return runs


def best_threshold(finder: Finder, runs: list[Run]) -> float:
    """Return the threshold with the best F1 over these movies; 0 if the finder decides itself or there are none."""
    if not finder.thresholds or not runs:
        return 0.0
    return max(finder.thresholds, key=lambda t: sum((r.counts(t) for r in runs), Counts()).f1)


def rows(finder: Finder, runs: list[Run], choosing: list[Run]) -> Iterator[dict[str, Any]]:
    """Yield one row of the table per suite, the threshold chosen on the movies of `choosing` of that suite."""
    for suite in dict.fromkeys(r.suite for r in runs):
        mine = [r for r in runs if r.suite is suite]
        threshold = best_threshold(finder, [r for r in choosing if r.suite is suite])
        each = [r.counts(threshold) for r in mine]
        total = sum(each, Counts())
        f1 = [c.f1 for c in each]
        yield {
            "movies": suite.name,
            "finder": finder.name,
            "threshold": threshold,
            "n": len(mine),
            "true": total.hits + total.missed,
            "precision": total.precision,
            "recall": total.recall,
            "f1": total.f1,
            "f1_mean": float(np.mean(f1)),
            "f1_sem": float(np.std(f1, ddof=1) / np.sqrt(len(f1))) if len(f1) > 1 else None,
            "false_per_1000_frames": 1000 * total.false / sum(r.frames for r in mine),
            "seconds_per_movie": float(np.mean([r.seconds for r in mine])),
            "cpu_seconds_per_movie": float(np.mean([r.cpu_seconds for r in mine])),
        }


def add_speed(results: list[dict[str, Any]]) -> None:
    """Note in every row how many times as long as IVEA its finder took for the same movies."""
    ivea = {r["movies"]: r for r in results if r["finder"] == Ivea.name}
    for row in results:
        own = ivea.get(row["movies"])
        for key in ("seconds_per_movie", "cpu_seconds_per_movie"):
            row[f"{key}_over_ivea"] = row[key] / own[key] if own else None


def speed_sentences(results: list[dict[str, Any]]) -> list[str]:
    """Say how many times as fast as each other finder IVEA was over all movies."""

    def times(name: str, key: str) -> float:
        theirs, ours = (sum(r[key] * r["n"] for r in results if r["finder"] == f) for f in (name, Ivea.name))
        return theirs / ours

    names = list(dict.fromkeys(r["finder"] for r in results))
    return [
        f"Over all movies IVEA was {times(name, 'seconds_per_movie'):.1f} times as fast as {name} "
        f"({times(name, 'cpu_seconds_per_movie'):.1f} times by processor time)."
        for name in names
        if name != Ivea.name and Ivea.name in names
    ]


_COLUMNS = (
    ("movies", "movies", "{}"), ("finder", "finder", "{}"), ("true events", "true", "{}"),
    ("precision", "precision", "{:.3f}"), ("recall", "recall", "{:.3f}"), ("F1", "f1", "{:.3f}"),
    ("false / 1000 frames", "false_per_1000_frames", "{:.1f}"), ("s / movie", "seconds_per_movie", "{:.2f}"),
    ("CPU s / movie", "cpu_seconds_per_movie", "{:.2f}"), ("time / IVEA's", "seconds_per_movie_over_ivea", "{:.1f}"),
)  # fmt: skip


def table(results: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table, suite by suite."""
    order = list(dict.fromkeys(r["movies"] for r in results))
    lines = [[title for title, _, _ in _COLUMNS]]
    for row in sorted(results, key=lambda r: order.index(r["movies"])):
        lines.append([form.format(row[key]) if row.get(key) is not None else "" for _, key, form in _COLUMNS])
    return markdown(lines)


def main() -> None:
    """Read the options, run, and write ``peers.json`` and ``peers.md``."""
    options = _options()
    finders: list[Finder] = []
    if "ivea" in options.finders:
        finders.append(Ivea(options.model))
    if "trackpy" in options.finders:
        finders.append(Trackpy())
    if "exodeepfinder" in options.finders and options.weights:
        finders.append(ExoDeepFinder(options.weights))
    chosen = list(SUITES) if "all" in options.suites else options.suites
    bench = Bench(finders, [SUITES[name] for name in chosen], options.frames, options.side)
    with tempfile.TemporaryDirectory() as folder:
        choosers = [f for f in finders if f.thresholds]
        choosing = Bench(choosers, bench.suites, options.validation_frames, bench.side).go(
            VALIDATION_SEED, options.validation, Path(folder)
        )
        testing = bench.go(TEST_SEED, options.movies, Path(folder))
    results = [row for f in finders for row in rows(f, testing[f.name], choosing.get(f.name, []))]
    add_speed(results)
    options.out.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(options, name) for name in _SETTINGS}
    record = {"settings": settings, "seeds": [VALIDATION_SEED, TEST_SEED], "rows": results}
    (options.out / "peers.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    text = "\n\n".join([table(results), *speed_sentences(results)])
    (options.out / "peers.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="weights of ExoDeepFinder; without them its row is left out")
    parser.add_argument("--out", type=Path, default=Path("peers"), help="folder of the tables")
    parser.add_argument("--model", default="evit28", help="network of IVEA")
    parser.add_argument("--finders", nargs="+", default=["ivea", "trackpy", "exodeepfinder"],
                        choices=["ivea", "trackpy", "exodeepfinder"])
    parser.add_argument("--suites", nargs="+", default=_QUICK, choices=["all", *SUITES], metavar="SUITE",
                        help=f"kinds of movies: {', '.join(SUITES)}, or all; by default {', '.join(_QUICK)}")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--side", type=int, default=256, help="height and width, px")
    parser.add_argument("--movies", type=int, default=1, help="test movies per suite")
    parser.add_argument("--validation", type=int, default=1, help="validation movies per suite")
    parser.add_argument("--validation-frames", type=int, default=80, help="length of a validation movie")
    return parser.parse_args()


if __name__ == "__main__":
    main()
