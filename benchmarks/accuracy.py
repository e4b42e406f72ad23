"""How many events IVEA finds on test movies that were never used to choose anything.

    python -m benchmarks.accuracy --out accuracy

Three parts. 'paper': the paper's recipe at nine noise factors lambda. 'physics': movies of shifted ranges, where true
events with a peak z above 6 count. 'real': the example movies. Every simulated movie has a seed of its own from
9,200,000 on. Writes ``accuracy.json`` with every movie and ``accuracy.md`` with the tables.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.accuracy_tables import report
from benchmarks.judge import PAPER_FACTORS, PHYSICS_KINDS, Task, judge, judge_real

_EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
_EMPTY_MOVIES = 20
"""Fewest movies without events: 4000 frames."""


def tasks(parts: list[str], movies: int, frames: int, side: int) -> list[Task]:
    """Return the movies of the parts asked for."""
    made = []
    if "paper" in parts:
        made += [Task("paper", "", factor, k, frames, side) for factor in PAPER_FACTORS for k in range(movies)]
    if "physics" in parts:
        for kind in PHYSICS_KINDS:
            count = max(movies, _EMPTY_MOVIES) if kind == "none" else movies
            made += [Task("physics", kind, 0.0, k, frames, side) for k in range(count)]
    return made


def run(todo: list[Task], models: tuple[str, ...], workers: int) -> list[dict[str, Any]]:
    """Judge all movies, several at a time, each with one thread."""
    # Read by the libraries of the workers, which start afresh.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rows: dict[Task, list[dict[str, Any]]] = {}
    start = time.perf_counter()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(judge, task, models): task for task in todo}
        for done in as_completed(waiting):
            task = waiting[done]
            rows[task] = done.result()
            name = task.kind or f"paper, lambda {task.noise_factor:g}"
            print(f"{len(rows)} of {len(todo)}, {time.perf_counter() - start:.0f} s: {name} {task.number}", flush=True)
    return [row for task in todo for row in rows[task]]


def main() -> None:
    """Read the options, judge, and write ``accuracy.json`` and ``accuracy.md``."""
    options = _options()
    models = tuple(options.model)
    parts = options.only or ["paper", "physics", "real"]
    rows = run(tasks(parts, options.movies, options.frames, options.side), models, options.workers)
    real = judge_real(_EXAMPLES, models) if "real" in parts else []
    record = {
        "settings": {"models": models, "movies": options.movies, "frames": options.frames, "side": options.side},
        "movies": rows,
        "real": real,
    }
    text = report(rows, real, models)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "accuracy.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (options.out / "accuracy.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=["evit28", "evit26"], help="networks to judge")
    parser.add_argument("--only", nargs="+", choices=["paper", "physics", "real"], help="parts; all by default")
    parser.add_argument("--movies", type=int, default=10, help="movies per noise factor and per kind")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--side", type=int, default=256, help="height and width, px")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="movies at a time")
    parser.add_argument("--out", type=Path, default=Path("accuracy"), help="folder of the results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
