"""Train the second stage of a model on families of movies, and measure it with every family left out.

    python -m benchmarks.second_stage --model evit28 --rows ROWS --foreign FOLDER --recordings FOLDER

measures all candidates of the movies (kept in ROWS, so that a second call goes on), leaves out every family and every
recording in turn, prints the table, the worst first, and with `--write` fits the stage on all families and puts it into
the model's folder. Calibration and threshold come from what was left out. Movies of others with seeds below 100 are
only judged, recordings whose licence forbids it are never learned from (`benchmarks.recordings`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import families
from benchmarks.families import JUDGES_BELOW, SIMULATED, Case
from benchmarks.foreign import Truth, match
from benchmarks.markdown import markdown
from benchmarks.recordings import RECORDINGS
from ivea_fiji.events.rule import Rule
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import make_classifier
from ivea_fiji.progress import Silent
from ivea_fiji.second_stage.stage import network_values
from ivea_fiji.second_stage.trees import chance_of
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.second_stage import (
    Rows,
    Table,
    fit_judge,
    fit_scale,
    make_stage,
    rows_of,
    sample,
    table_of,
    thin,
    without_unseen_clouds,
    write_stage,
)

MOVIES = {
    "physics": range(0, 120), "paper": range(0, 40), "molecules": range(100, 300), "widefield": range(100, 300),
    "inserted": range(0, 120),
}  # fmt: skip
"""Numbers of the movies."""
_MOST, _MOST_REAL = 200, 2500
"""Candidates of a movie that teach, events apart."""
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_FALSE_COST = 0.003
"""F1 that a false event in 1000 frames without events may cost."""
REACH_PX, REACH_FRAMES, _REACH_S = 5.0, 6.0, 0.6


@dataclass(frozen=True)
class Measured:
    """A movie whose candidates were measured."""

    family: str
    name: str
    rows: Rows
    events: NDArray
    """Rows (frame, y, x, peak z)."""
    unclear: NDArray
    frames: int
    interval_s: float
    until: float
    visible_z: float

    @property
    def judges(self) -> bool:
        """Whether it may only judge."""
        if self.family == "foreign":
            return int(self.name.split("_")[1]) < JUDGES_BELOW
        return self.family == "real" and not RECORDINGS[self.name.removeprefix("real_")].train

    @property
    def left_out(self) -> str:
        """What is left out together with it."""
        return self.name if self.family == "real" else self.family

    @property
    def group(self) -> str:
        """Row of the table it counts in."""
        if self.family == "real":
            return self.name
        kind = self.name.split("_rb_")[-1] if "_rb_" in self.name else "" if len(self.events) else "without events"
        return f"{self.family} {kind}".strip()

    @property
    def truth(self) -> Truth:
        """What there is, as `match` takes it."""
        kinds = tuple("event" for _ in self.events)
        return Truth(self.events[:, [0, 2, 1]], kinds, self.unclear[:, [0, 2, 1]], self.until)

    @property
    def into(self) -> str:
        """Name of the recording that events were drawn into, as it is left out."""
        return f"real_{self.name.split('_')[2]}" if self.family == "inserted" else ""


def measured(case: Case, cache: Path, card: ModelCard, model: str) -> Measured:
    """Measure the candidates of a movie, or read what was measured before."""
    path = cache / f"{case.name}.npz"
    if not path.is_file():
        classifier = make_classifier(find_model_for("random", model), threads=1)
        rows = rows_of(case.movie, case, case.unclear, card, classifier)
        events = np.array([(e.frame, e.y, e.x, e.peak_z) for e in case.events]).reshape(-1, 4)
        kept = {f.name: getattr(rows, f.name) for f in fields(rows)}
        np.savez(
            path, **kept, events=events, unclear=case.unclear, frames=case.movie.shape[0], until=case.until,
            interval=case.movie.frame_interval_s or 0.0, visible=case.visible_z,
        )  # fmt: skip
    return read(path)


def read(path: Path) -> Measured:
    """Read a measured movie."""
    with np.load(path) as file:
        d = dict(file)
    rows = Rows(**{f.name: d[f.name] for f in fields(Rows)})
    return Measured(
        path.stem.split("_")[0], path.stem, rows, d["events"], d["unclear"], int(d["frames"]), float(d["interval"]),
        float(d["until"]), float(d["visible"]),
    )  # fmt: skip


def measure_own(item: tuple[str, int], cache: Path, recordings: Path | None, model: str) -> Path:
    """Measure a movie of our own families, in a process of its own."""
    family, number = item
    known = sorted(cache.glob(f"{family}_{number}.npz")) + sorted(cache.glob(f"{family}_{number}_*.npz"))
    if known:
        return known[0]
    case = families.simulated(family, number, recordings)
    measured(case, cache, find_model_for("random", model).card, model)
    return cache / f"{case.name}.npz"


def all_movies(cache: Path, foreign: Path | None, recordings: Path | None, model: str) -> list[Measured]:
    """Measure all movies."""
    cache.mkdir(parents=True, exist_ok=True)
    items = [(f, k) for f in SIMULATED for k in MOVIES[f] if f != "inserted" or recordings]
    work = partial(measure_own, cache=cache, recordings=recordings, model=model)
    movies = [read(path) for path in in_processes(work, items, 0, Silent(), "movies")]
    card = find_model_for("random", model).card
    cases: list[Case] = list(families.real(recordings))
    if foreign:
        cases += families.of_others(foreign, range(0, 1000))
    return movies + [measured(case, cache, card, model) for case in cases]


def table_of_movie(movie: Measured, columns: list[int], seed: int) -> Table:
    """Return the rows of a movie that teach."""
    chance = movie.rows.probabilities[:, columns].sum(axis=1)
    kept = thin(movie.rows.label, chance, _MOST_REAL if movie.family == "real" else _MOST, seed)
    table = table_of(movie.rows.take(kept), movie.left_out, columns, seed)
    # Others have told events of their movies themselves; ours come from what was drawn.
    return table if movie.family == "foreign" else without_unseen_clouds(table)


def taught(movies: list[Measured], out: str) -> list[Measured]:
    """Return the movies that may teach what is judged on `out`: neither its own, nor what was drawn into it."""
    return [m for m in movies if not m.judges and out not in (m.left_out, m.into)]


def left_out_odds(
    movies: list[Measured], tables: dict[str, Table], columns: list[int], cache: Path
) -> dict[str, NDArray]:
    """Return the log odds of the candidates of every movie, judged by what was fitted without its family.

    They are kept in `cache`, which has to be emptied of ``left-out`` files when anything changes.
    """
    odds: dict[str, NDArray] = {}
    for out in sorted({m.left_out for m in movies}):
        kept = cache / "left-out" / f"{out}.npz"
        if not kept.is_file():
            judge = fit_judge(Table.join([tables[m.name] for m in taught(movies, out)]))
            said = {m.name: judge.log_odds(values_of(m, columns)) for m in movies if m.left_out == out}
            kept.parent.mkdir(exist_ok=True)
            np.savez(kept, **said)
        with np.load(kept) as file:
            odds.update(file)
        print(f"{out}: judged by the others", flush=True)
    return odds


def values_of(movie: Measured, columns: list[int]) -> NDArray[np.float32]:
    """Return measures and network of all candidates of a movie."""
    return np.column_stack([movie.rows.measures(), network_values(movie.rows.probabilities, columns)])


def calibrated(movies: list[Measured], odds: dict[str, NDArray]) -> tuple[float, float]:
    """Fit scale and offset on what was left out, every family alike."""
    parts = []
    for movie in (m for m in movies if not m.judges):
        clear = movie.rows.label != AMBIGUOUS
        parts.append((odds[movie.name][clear], movie.rows.label[clear] >= 0, movie.left_out))
    z, event = (np.concatenate([p[k] for p in parts]) for k in (0, 1))
    family = np.concatenate([np.full(len(p[0]), p[2]) for p in parts])
    weight = np.zeros(len(z))
    for name in np.unique(family):
        weight[family == name] = (0.25 if name.startswith("real") else 1.0) / (family == name).sum()
    return fit_scale(z, event, weight)


@dataclass
class Count:
    """What was found in a group of movies."""

    hits: int = 0
    missed: int = 0
    false: int = 0
    frames: int = 0

    @property
    def f1(self) -> float:
        """F1, NaN without events."""
        total = 2 * self.hits + self.missed + self.false
        return 2 * self.hits / total if self.hits + self.missed else np.nan

    def add(self, more: Count) -> None:
        """Count another movie as well."""
        for f in fields(Count):
            setattr(self, f.name, getattr(self, f.name) + getattr(more, f.name))


def count(movie: Measured, chance: NDArray, rule: Rule) -> Count:
    """Compare what would be reported of a movie with its truth."""
    r = movie.rows
    likely, repeat = rule.apply(r.frame, r.y, r.x, r.strength, r.sigma, chance, movie.interval_s or None)
    ends = np.minimum(r.frame, movie.frames - 1 - r.frame) >= 3
    kept = likely & ~repeat & ends
    found = np.column_stack([r.frame, r.x, r.y])[kept]
    reach = max(REACH_FRAMES, _REACH_S / movie.interval_s if movie.interval_s else 0)
    score = match(found, movie.truth, REACH_PX, reach)
    visible = movie.events[:, 3] >= movie.visible_z if len(movie.events) else np.zeros(0, bool)
    return Count(
        sum(bool(visible[i]) for i, _ in score.pairs), sum(bool(visible[i]) for i in score.missed), len(score.false),
        movie.frames,
    )  # fmt: skip


def counts(movies: list[Measured], chances: dict[str, NDArray], rule: Rule) -> dict[str, Count]:
    """Return what would be reported, by group."""
    out: dict[str, Count] = {}
    for movie in movies:
        out.setdefault(movie.group, Count()).add(count(movie, chances[movie.name], rule))
    return out


def calibration_error(chance: NDArray, event: NDArray, bins: int = 10) -> float:
    """Return the expected calibration error: by how much probabilities differ from shares, on average."""
    place = np.minimum((chance * bins).astype(int), bins - 1)
    error = 0.0
    for k in np.unique(place):
        mine = place == k
        error += mine.mean() * abs(chance[mine].mean() - event[mine].mean())
    return float(error)


def choose_threshold(movies: list[Measured], chances: dict[str, NDArray], card: ModelCard) -> float:
    """Choose the threshold by what was left out: best mean F1 of the groups, less `_FALSE_COST` per false event.

    False ones are those per 1000 frames in movies and recordings without events that may teach.
    """
    teach = [m for m in movies if not m.judges]
    best = (-np.inf, THRESHOLDS[0])
    for threshold in THRESHOLDS:
        got = counts(teach, chances, rule_of(card, threshold))
        f1 = np.mean([c.f1 for c in got.values() if not np.isnan(c.f1)])
        empty = [c for c in got.values() if np.isnan(c.f1)]
        false = 1000 * sum(c.false for c in empty) / max(sum(c.frames for c in empty), 1)
        print(f"threshold {threshold}: mean F1 {f1:.3f}, {false:.1f} false in 1000 frames without events", flush=True)
        best = max(best, (float(f1 - _FALSE_COST * false), threshold))
    return best[1]


def rule_of(card: ModelCard, threshold: float) -> Rule:
    """Return the rule of a model with another threshold."""
    return Rule(threshold, card.nu, card.spread_radius, card.repeat_frames)


def report(movies: list[Measured], chances: dict[str, NDArray], before: dict[str, NDArray], card: ModelCard,
           threshold: float) -> str:  # fmt: skip
    """Return the table by family, the worst first: F1, or false events per 1000 frames where there are no events."""
    got, old = counts(movies, chances, rule_of(card, threshold)), counts(movies, before, rule_of(card, card.threshold))
    lines = [["family", "movies", "F1 (precision, recall), left out", "network alone", "calibration error"]]
    order = sorted(got, key=lambda g: (np.isnan(got[g].f1), got[g].f1 if not np.isnan(got[g].f1) else -got[g].false))
    for group in order:
        mine = [m for m in movies if m.group == group]
        chance = np.concatenate([chances[m.name][m.rows.label != AMBIGUOUS] for m in mine])
        event = np.concatenate([m.rows.label[m.rows.label != AMBIGUOUS] >= 0 for m in mine])
        texts = [_told(c) for c in (got[group], old[group])]
        lines.append([group, str(len(mine)), *texts, f"{calibration_error(chance, event):.3f}"])
    return markdown(lines)


def _told(c: Count) -> str:
    if np.isnan(c.f1):
        return f"{c.false} false in {c.frames} frames"
    found = max(c.hits + c.false, 1)
    return f"{c.f1:.2f} ({c.hits / found:.2f}, {c.hits / (c.hits + c.missed):.2f})"


def main() -> None:
    """Measure, and with --write train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="evit28")
    parser.add_argument("--rows", type=Path, required=True, help="folder of what was measured")
    parser.add_argument("--foreign", type=Path, help="folder of movies of others, one folder for each seed")
    parser.add_argument("--recordings", type=Path, help="folder of recordings without exocytosis")
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--write", action="store_true", help="fit on all families and write the second stage")
    told = parser.parse_args()
    folder = find_model_for("random", told.model)
    card, columns = folder.card, folder.card.event_columns
    movies = all_movies(told.rows, told.foreign, told.recordings, told.model)
    tables = {m.name: table_of_movie(m, columns, k) for k, m in enumerate(movies) if not m.judges}
    odds = left_out_odds(movies, tables, columns, told.rows)
    scale, offset = calibrated(movies, odds)
    chances = {name: chance_of(scale * z + offset) for name, z in odds.items()}
    threshold = choose_threshold(movies, chances, card)
    alone = {m.name: m.rows.probabilities[:, columns].sum(axis=1) for m in movies}
    text = f"threshold {threshold}, scale {scale:.3f}, offset {offset:.3f}\n\n"
    text += report(movies, chances, alone, card, threshold)
    print(text)
    if told.out:
        told.out.write_text(text + "\n", encoding="utf-8")
    if told.write:
        teach = [m for m in movies if not m.judges]
        whole = Table.join([tables[m.name] for m in teach])
        stage = make_stage(whole, scale, offset)
        training = {
            "command": "python -m benchmarks.second_stage --write", "movies": {
                name: sum(m.left_out == name for m in teach) for name in sorted({m.left_out for m in teach})
            }, "threshold_by": "families left out", "left_out": text.splitlines(),
        }  # fmt: skip
        write_stage(stage, sample(whole), folder.path, training, threshold)


if __name__ == "__main__":
    main()
