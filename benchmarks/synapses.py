"""How well stationary bursts are found in test movies of synapses that never chose anything.

    python -m benchmarks.synapses --out synapses --movies 6

Every movie has a seed of its own from 9,260,000 on. True events with a peak z above 6 count; an event is found if its
onset lies within 5 px and 6 frames (later for slow rises, as `ivea evaluate` allows). A true synapse counts if one of
its events does; a found one is true if such a bouton lies within 4 px. Writes ``synapses.json`` and ``synapses.md``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import markdown
from benchmarks.suites import TEST_SEED
from ivea_fiji.evaluation import Counts, Marks, match_events
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.simulation.synapses import RANGES, SynapseMovie, simulate_synapses
from ivea_fiji.stationary_bursts import detect_stationary
from ivea_fiji.synapses.model import StationaryResult

GROUPS = (
    ("mixed", "training"), ("mixed", "shifted"), ("spontaneous", "shifted"), ("stimulated", "shifted"),
    ("ammonium", "shifted"), ("none", "shifted"),
)  # fmt: skip
VISIBLE_Z = 6.0
_SEED = TEST_SEED + 60_000
_SEEDS = 1000  # kept for each group
_SITE_PX, _STIMULUS_FRAMES, _CLEAR = 4.0, 2, 3


def judge(task: tuple[int, int], model: str) -> dict[str, Any]:
    """Return what was found in movie `number` of a group, beside the truth."""
    group, number = task
    kind, ranges = GROUPS[group]
    sim = simulate_synapses(_SEED + _SEEDS * group + number, kind=kind, ranges=RANGES[ranges])
    movie = Movie(
        ArraySource(sim.frames), "test movie", pixel_size_um=sim.pixel_size_um, frame_interval_s=sim.frame_interval_s
    )
    begin = time.process_time()
    result = detect_stationary(movie, model=model, threads=1)
    seconds = time.process_time() - begin
    truth = Marks.of_truth(sim.events)
    found = _marks(result, [(e.onset, e.y, e.x) for e in result.events])
    match = match_events(found, truth, min_peak_z=VISIBLE_Z)
    places = [(e.onset, e.y, e.x) for e in result.events] + [(r.frame, r.y, r.x) for r in result.rejected]
    reached = match_events(_marks(result, places), truth, min_peak_z=VISIBLE_Z)
    classes = Counter(
        (int(truth.class_id[t]), result.events[f].class_id) for f, t in zip(match.found, match.truth, strict=True)
    )
    return {
        "group": f"{kind}, {ranges} ranges", "frames": len(sim.frames), "counts": asdict(match.counts),
        "candidates": len(places), "candidate_counts": asdict(reached.counts),
        "kinds": {k: [int((truth.kind[match.truth] == k).sum()), int((truth.kind[match.missed] == k).sum())]
                  for k in sorted(set(truth.kind))},
        "classes": [[a, b, n] for (a, b), n in sorted(classes.items())],
        "sites": asdict(_sites(result, sim)), "stimuli": _stimuli(result, sim), "seconds": seconds,
    }  # fmt: skip


def _marks(result: StationaryResult, places: list[tuple[int, float, float]]) -> Marks:
    """Return places ``(frame, y, x)`` of a result, where the file shows them."""
    rows = [(t, *result.in_file(t, y, x)) for t, y, x in places]
    return Marks.of(*(list(zip(*rows, strict=True)) or [(), (), ()]))


def _sites(result: StationaryResult, sim: SynapseMovie) -> Counts:
    """Count synapses: true ones with a visible event, and found ones that are near none at all."""
    visible = {e.site for e in sim.events if e.peak_z >= VISIBLE_Z}  # type: ignore[attr-defined]
    known = [s for s in sim.sites if s.site in visible]
    faint = [s for s in sim.sites if s.events and s.site not in visible]
    # The truth has the mean place of a bouton in the file, the result that in the first frames.
    dy, dx = result.drift.mean(axis=0) if result.corrected else (0.0, 0.0)
    found = Marks.of([0] * len(result.sites), [s.y + dy for s in result.sites], [s.x + dx for s in result.sites])
    both = [*known, *faint]
    z = [9.0] * len(known) + [0.0] * len(faint)
    truth = Marks.of([0] * len(both), [s.y for s in both], [s.x for s in both], peak_z=np.array(z))
    return match_events(found, truth, max_distance_px=_SITE_PX, min_peak_z=1.0).counts


def _stimuli(result: StationaryResult, sim: SynapseMovie) -> dict[str, int]:
    """Count true stimuli and NH4+ whose beginning was found within 2 frames, and found ones that are none.

    A stimulus counts if at least one synapse answers visibly, and is clear if at least three do.
    """
    answers = [sum(abs(e.frame - s.first) <= 3 and e.peak_z >= VISIBLE_Z for e in sim.events) for s in sim.stimuli]
    found = [s.start for s in result.stimuli]
    hit = [any(abs(f - s.first) <= _STIMULUS_FRAMES for f in found) for s in sim.stimuli]
    false = sum(all(abs(f - s.first) > _STIMULUS_FRAMES for s in sim.stimuli) for f in found)
    return {
        "true": sum(n > 0 for n in answers), "hits": sum(h and n > 0 for h, n in zip(hit, answers, strict=True)),
        "clear": sum(n >= _CLEAR for n in answers),
        "clear_hits": sum(h and n >= _CLEAR for h, n in zip(hit, answers, strict=True)), "false": false,
    }  # fmt: skip


def report(rows: list[dict[str, Any]]) -> str:
    """Return the tables."""
    parts = ["Events and synapses, pooled over the movies of a group.", ""]
    lines, names = [], [f"{k}, {r} ranges" for k, r in GROUPS]
    for name in [*names, "all"]:
        some = [r for r in rows if name in ("all", r["group"])]
        counts, reached, sites = (sum((Counts(**r[key]) for r in some), Counts())
                                  for key in ("counts", "candidate_counts", "sites"))  # fmt: skip
        frames = sum(r["frames"] for r in some) or 1
        lines.append([
            name, str(len(some)), str(counts.hits + counts.missed), *_figures(counts), f"{reached.recall:.3f}",
            f"{1000 * counts.false / frames:.2f}", *_figures(sites),
        ])  # fmt: skip
    head = ["movies", "n", "true events", "precision", "recall", "F1", "recall of candidates", "false / 1000 frames",
            "synapses: precision", "recall", "F1"]  # fmt: skip
    parts += [markdown([head, *lines]), "", "Recall by kind of event.", ""]
    kinds: dict[str, list[int]] = {}
    for row in rows:
        for kind, (hit, missed) in row["kinds"].items():
            kinds[kind] = [a + b for a, b in zip(kinds.get(kind, [0, 0]), (hit, missed), strict=True)]
    known = [[k, str(h + m), f"{h / (h + m):.3f}"] for k, (h, m) in sorted(kinds.items()) if h + m]
    parts += [markdown([["kind", "true events", "recall"], *known])]
    told = {k: sum(r["stimuli"][k] for r in rows) for k in ("true", "hits", "clear", "clear_hits", "false")}
    pairs = Counter()  # type: Counter[tuple[int, int]]
    for row in rows:
        pairs.update({(a, b): n for a, b, n in row["classes"]})
    same = sum(n for (a, b), n in pairs.items() if a == b)
    candidates, seconds = (sum(r[k] for r in rows) for k in ("candidates", "seconds"))
    parts += [
        "", "Stimuli and NH4+ found within 2 frames: {hits} of {true}; of those that three synapses or more answer "
        "visibly {clear_hits} of {clear}; {false} others.".format(**told),
        f"Class right: {same} of {sum(pairs.values())} events found.",
        f"{candidates} candidates; {seconds / max(len(rows), 1):.2f} s of processor time per movie.",
    ]
    return "\n".join(parts)


def _figures(c: Counts) -> list[str]:
    return [f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}"] if c.hits + c.false + c.missed else [""] * 3


def main() -> None:
    """Read the options, judge, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="neuro-lstm", help="network to judge")
    parser.add_argument("--movies", type=int, default=6, help="movies per group")
    parser.add_argument("--first", type=int, default=0, help="number of the first movie of each group")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="movies at a time")
    parser.add_argument("--out", type=Path, default=Path("synapses"), help="folder of the results")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    numbers = range(options.first, options.first + options.movies)
    tasks = [(g, k) for g in range(len(GROUPS)) for k in numbers]
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
        rows = list(pool.map(partial(judge, model=options.model), tasks))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "synapses.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    text = report(rows)
    (options.out / "synapses.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
