"""Hotspot areas by family of movies, the worst first: own ones, those of others with a truth, real ones without events.

    python -m benchmarks.hotspot_families --out hotspots --foreign FOLDER --without FOLDER

FOLDER of `--foreign` holds movies ``<name>.tif`` beside ``<name>.truth.csv`` (`benchmarks.foreign`), here or in folders
below; those of the same name are one family. What is found in the movies of `--without` is false. Writes
``families.json`` and ``families.md``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.foreign import match, read_truth_csv
from benchmarks.hotspots import ivea
from benchmarks.hotspots import match as pair
from benchmarks.markdown import markdown
from ivea_fiji.hotspot_areas import detect_hotspots
from ivea_fiji.simulation.sensor_layer import LayerRanges
from ivea_fiji.simulation.sensors import SensorRanges, simulate_sensors

_SEED = 9_330_000
_PX, _FRAMES = 8.0, 8.0
"""How far a found event of a foreign movie may be from a true one."""
_STILL = LayerRanges(drift=(0.0, 0.004), electrons=(300.0, 600.0))
OWN = {
    "own: mixed": ("mixed", SensorRanges()),
    "own: 4-15 % dF/F": ("puff", SensorRanges(df_f=(0.04, 0.15), sigma_px=(3.0, 5.0), layer=_STILL)),
    "own: slow rises": ("puff", SensorRanges(df_f=(0.08, 0.4), rise=(5.0, 12.0), decay=(15.0, 40.0), layer=_STILL)),
    "own: often at one place": ("puff", SensorRanges(again=0.9)),
    "own: nothing happens": ("none", SensorRanges()),
    "own: dark border, empty frames": ("none", SensorRanges(layer=LayerRanges(vignette=0.8, empty=4))),
    "own: bright bodies move": ("none", SensorRanges(bodies=6)),
}
"""Kind of the hotspots of each family, and the limits between which its movies are drawn."""


@dataclass(frozen=True)
class Counts:
    """How often events of a family were found.

    Attributes
    ----------
    movies, true, matched, found
        Movies, events in them, how many of these were found, and what was found in all.
    """

    movies: int = 0
    true: int = 0
    matched: int = 0
    found: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[int, int, int, int]:
        return self.movies, self.true, self.matched, self.found

    @property
    def f1(self) -> float:
        """F1; of movies without events 1 less what is found per movie, but at least 0."""
        if not self.true:
            return max(0.0, 1 - self.found / max(self.movies, 1))
        return 2 * self.matched / (self.true + self.found)

    def row(self, family: str) -> list[str]:
        """Return the line of the table."""
        recall = f"{self.matched / self.true:.3f}" if self.true else "-"
        precision = f"{self.matched / self.found:.3f}" if self.true and self.found else "-"
        f1 = f"{self.f1:.3f}" if self.true else "-"
        return [family, str(self.movies), str(self.true), recall, precision, f1, str(self.found - self.matched)]


def own(movies: int) -> dict[str, Counts]:
    """Count in movies of our own simulator; events that are not visible (`benchmarks.hotspots`) count too."""
    told: dict[str, Counts] = defaultdict(Counts)
    for number, (family, (kind, ranges)) in enumerate(OWN.items()):
        for k in range(movies):
            movie = simulate_sensors(_SEED + 1000 * number + k, kind=kind, ranges=ranges)
            found = ivea(movie)
            told[family] += Counts(1, len(movie.events), len(pair(movie, found)), len(found))
    return told


def foreign(folder: Path) -> dict[str, Counts]:
    """Count in movies of others with a truth; found events that their truth excuses are not counted."""
    told: dict[str, Counts] = defaultdict(Counts)
    for path in sorted(folder.rglob("*.truth.csv")):
        name = path.name.removesuffix(".truth.csv")
        events = detect_hotspots(path.with_name(f"{name}.tif")).events
        score = match(np.array([[e.frame, e.x, e.y] for e in events]), read_truth_csv(path), _PX, _FRAMES)
        hits = len(score.pairs)
        told[f"foreign: {name}"] += Counts(1, hits + len(score.missed), hits, hits + len(score.false))
    return told


def without(folder: Path) -> dict[str, Counts]:
    """Count in real movies without events, each a family of its own."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".tif", ".tiff"))
    return {f"real, without: {p.stem}": Counts(1, 0, 0, len(detect_hotspots(p).events)) for p in paths}


def report(told: dict[str, Counts]) -> str:
    """Return the table, the worst family first."""
    head = ["family", "movies", "events", "recall", "precision", "F1", "false"]
    return markdown([head, *(told[name].row(name) for name in sorted(told, key=lambda n: (told[n].f1, n)))])


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, default=8, help="of our own simulator, in each family")
    parser.add_argument("--foreign", type=Path, help="folder of movies of others with their truth")
    parser.add_argument("--without", type=Path, help="folder of real movies without events")
    parser.add_argument("--out", type=Path, default=Path("hotspots"), help="folder of the table")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    told = own(options.movies)
    if options.foreign:
        told |= foreign(options.foreign)
    if options.without:
        told |= without(options.without)
    (options.out / "families.json").write_text(
        json.dumps({name: vars(counts) for name, counts in told.items()}, indent=1) + "\n", encoding="utf-8"
    )
    (options.out / "families.md").write_text(report(told) + "\n", encoding="utf-8")
    print(report(told))


if __name__ == "__main__":
    main()
