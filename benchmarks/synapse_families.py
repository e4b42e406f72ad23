"""Stationary bursts by family of movies, the worst first: own ones, those of others with a truth, real ones without.

    python -m benchmarks.synapse_families --out synapses --foreign FOLDER --without FOLDER

FOLDER of `--foreign` holds movies ``<name>.tif`` beside ``<name>.truth.csv`` (`benchmarks.foreign`), here or in folders
below; those of the same name are one family. What is found in the movies of `--without` is false. Own movies have
seeds from 9,270,000 on; their true events count as in `benchmarks.synapses`. An event of others is found if it is shown
within 5 px and 40 frames of its beginning. Writes ``synapse_families.json`` and ``synapse_families.md``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.foreign import match, read_truth_csv
from benchmarks.markdown import markdown
from benchmarks.suites import TEST_SEED
from ivea_fiji.evaluation import Marks, match_events
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.simulation.synapses import RANGES, SynapseMovie, simulate_synapses
from ivea_fiji.stationary_bursts import detect_stationary
from ivea_fiji.synapses.model import StationaryResult

OWN = {
    "own: mixed, training ranges": ("mixed", "training", 250),
    "own: mixed": ("mixed", "shifted", 250),
    "own: spontaneous": ("spontaneous", "shifted", 250),
    "own: stimulated": ("stimulated", "shifted", 250),
    "own: ammonium": ("ammonium", "shifted", 250),
    "own: answered slowly": ("slow", "shifted", 500),
    "own: slow changes, nothing happens": ("restless", "shifted", 500),
    "own: nothing happens": ("none", "shifted", 250),
}
"""Kind, ranges and frames of the movies of each family."""
_SEED = TEST_SEED + 70_000
_SEEDS = 1000  # kept for each family
_VISIBLE_Z = 6.0
_PX, _FRAMES = 5.0, 40.0
_STIMULUS_FRAMES = 15


@dataclass(frozen=True)
class Counts:
    """How often events and stimuli of a family were found.

    Attributes
    ----------
    movies, frames, true, matched, found
        Movies, their frames, true events, how many of these were found, and what was found in all.
    stimuli, stimuli_hit, stimuli_false
        True stimuli and NH4+, how many were found within 15 frames, and what else was called one.
    """

    movies: int = 0
    frames: int = 0
    true: int = 0
    matched: int = 0
    found: int = 0
    stimuli: int = 0
    stimuli_hit: int = 0
    stimuli_false: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def f1(self) -> float:
        """F1; of movies without events 1 less a tenth for every false event per 1000 frames, but at least 0."""
        if not self.true:
            return max(0.0, 1 - 100 * self.found / max(self.frames, 1))
        return 2 * self.matched / (self.true + self.found)

    def row(self, family: str) -> list[str]:
        """Return the line of the table."""
        part = [f"{self.matched / n:.3f}" if self.true and n else "-" for n in (self.true, self.found)]
        f1 = f"{self.f1:.3f}" if self.true else "-"
        false = self.found - self.matched
        stimuli = f"{self.stimuli_hit} of {self.stimuli}, {self.stimuli_false} others"
        return [
            family, str(self.movies), str(self.true), *part, f1, str(false),
            f"{1000 * false / max(self.frames, 1):.2f}", stimuli,
        ]  # fmt: skip


def own(movies: int, first: int, families: list[str]) -> dict[str, Counts]:
    """Count in movies of our own simulator."""
    told: dict[str, Counts] = defaultdict(Counts)
    for number, (family, (kind, ranges, frames)) in enumerate(OWN.items()):
        for k in range(first, first + movies) if family in families else ():
            sim = simulate_synapses(_SEED + _SEEDS * number + k, kind=kind, ranges=RANGES[ranges], frames=frames)
            told[family] += count(detect_stationary(Movie(ArraySource(sim.frames), family), threads=1), sim)
    return told


def count(result: StationaryResult, sim: SynapseMovie) -> Counts:
    """Count the events and stimuli of a simulated movie."""
    rows = [(e.onset, *result.in_file(e.onset, e.y, e.x)) for e in result.events]
    found = Marks.of(*(list(zip(*rows, strict=True)) or [(), (), ()]))
    c = match_events(found, Marks.of_truth(sim.events), min_peak_z=_VISIBLE_Z).counts
    told = _stimuli(result, [s.first for s in sim.stimuli])
    return Counts(1, len(sim.frames), c.hits + c.missed, c.hits, c.hits + c.false, *told)


def _stimuli(result: StationaryResult, true: list[int]) -> tuple[int, int, int]:
    found = [s.start for s in result.stimuli]
    hit = sum(any(abs(f - t) <= _STIMULUS_FRAMES for f in found) for t in true)
    return len(true), hit, sum(all(abs(f - t) > _STIMULUS_FRAMES for t in true) for f in found)


def foreign(folder: Path) -> dict[str, Counts]:
    """Count in movies of others with a truth; found events that their truth excuses are not counted.

    A true stimulus is where five events or more of the kind 'evoked' begin within 10 frames, or where nothing counts
    any more (NH4+).
    """
    told: dict[str, Counts] = defaultdict(Counts)
    for path in sorted(folder.rglob("*.truth.csv")):
        name = path.name.removesuffix(".truth.csv")
        truth = read_truth_csv(path)
        result = detect_stationary(path.with_name(f"{name}.tif"), threads=1)
        places = [(e.frame, *result.file_position(e)[::-1]) for e in result.events]
        score = match(np.array(places), truth, _PX, _FRAMES)
        hits = len(score.pairs)
        evoked = truth.places[[kind == "evoked" for kind in truth.kinds], 0]
        stimuli = _together(evoked) + ([round(truth.until)] if np.isfinite(truth.until) else [])
        told[f"foreign: {name}"] += Counts(
            1, result.movie.shape[0], hits + len(score.missed), hits, hits + len(score.false),
            *_stimuli(result, stimuli),
        )  # fmt: skip
    return told


def _together(frame: np.ndarray) -> list[int]:
    """Return the first frames of runs of five events or more that begin within 10 frames."""
    at = np.sort(frame)
    out: list[int] = []
    for k in range(len(at) - 4):
        if at[k + 4] - at[k] <= 10 and (not out or at[k] - out[-1] > 30):
            out.append(int(at[k]))
    return out


def without(folder: Path) -> dict[str, Counts]:
    """Count in real movies without events, each a family of its own."""
    told = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".tif", ".tiff")):
        result = detect_stationary(path, threads=1)
        told[f"real, without: {path.stem}"] = Counts(
            1, result.movie.shape[0], 0, 0, len(result.events), *_stimuli(result, [])
        )
    return told


def report(told: dict[str, Counts]) -> str:
    """Return the table, the worst family first."""
    head = ["family", "movies", "events", "recall", "precision", "F1", "false", "false / 1000 frames",
            "stimuli found"]  # fmt: skip
    return markdown([head, *(told[name].row(name) for name in sorted(told, key=lambda n: (told[n].f1, n)))])


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, default=6, help="of our own simulator, in each family")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--families", nargs="*", default=list(OWN), help="which own families")
    parser.add_argument("--foreign", type=Path, help="folder of movies of others with their truth")
    parser.add_argument("--without", type=Path, help="folder of real movies without events")
    parser.add_argument("--out", type=Path, default=Path("synapses"), help="folder of the table")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    told = own(options.movies, options.first, options.families)
    if options.foreign:
        told |= foreign(options.foreign)
    if options.without:
        told |= without(options.without)
    (options.out / "synapse_families.json").write_text(
        json.dumps({name: vars(counts) for name, counts in told.items()}, indent=1) + "\n", encoding="utf-8"
    )
    (options.out / "synapse_families.md").write_text(report(told) + "\n", encoding="utf-8")
    print(report(told))


if __name__ == "__main__":
    main()
