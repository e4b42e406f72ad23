"""What thirty corrected reports do, on makings of movies of which the model has learned nothing.

    python -m benchmarks.refine --rows ROWS --out refine

ROWS is what `benchmarks.second_stage` measured. A making is one kind of movies of others, or one real recording with
events drawn into it. For each, a second look is fitted without its family; of one movie thirty reports (probability
0.05 or more) are drawn at random and labelled as its truth says; the second look is taught them, and all other movies
of that making are judged before and after, those without events too, and the families it had learned from. Several
draws of the labels each; with several numbers of labels it prints learning curves.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.foreign import match
from benchmarks.markdown import markdown
from benchmarks.second_stage import (
    REACH_FRAMES,
    REACH_PX,
    Count,
    Measured,
    count,
    read,
    rule_of,
    table_of_movie,
    taught,
    values_of,
)
from ivea_fiji.datasets.cut import Usable
from ivea_fiji.events.model import Candidates
from ivea_fiji.networks.card import ModelFolder
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import load_second_stage
from ivea_fiji.progress import Silent
from ivea_fiji.second_stage.measures import NAMES
from ivea_fiji.second_stage.stage import SecondStage
from ivea_fiji.training.labelled import meant_by
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.second_stage import Rows, Table, make_stage, sample, write_stage
from ivea_fiji.training.teaching import teach

LABELS, LISTED = 30, 0.05
"""Labels of a draw; probability from which a report is shown to a person."""
DRAWS = 5
_OWN = ("physics", "paper", "molecules", "widefield", "inserted")
_OWN_MOVIES = 10
"""Movies of each family learned from by which forgetting is judged."""


@dataclass(frozen=True)
class Making:
    """Movies that came to be in one way."""

    name: str
    left_out: str
    """Family, or recording, that the model must not know."""
    events: tuple[Measured, ...]
    empty: tuple[Measured, ...]


@dataclass
class Side:
    """What was found before or after teaching."""

    events: Count = field(default_factory=Count)
    empty: Count = field(default_factory=Count)
    own: float = 0.0


@dataclass(frozen=True)
class Draw:
    """One draw of labels."""

    making: str
    labels: int
    event_labels: int
    used: bool
    before: Side
    after: Side


def makings(movies: list[Measured]) -> list[Making]:
    """Return the makings that there are."""
    out = []
    others = [m for m in movies if m.family == "foreign"]
    empty = tuple(m for m in others if not len(m.events))
    for name in sorted({m.group for m in others if len(m.events)}):
        mine = tuple(m for m in others if m.group == name)
        out.append(Making(name, "foreign", mine, empty))
    inserted = [m for m in movies if m.family == "inserted" and len(m.events) >= 3]
    for into in sorted({m.into for m in inserted}):
        mine = tuple(m for m in inserted if m.into == into)
        plain = tuple(m for m in movies if m.name == into)
        out.append(Making(f"inserted {into.removeprefix('real_')}", into, mine, plain))
    return out


def stage_without(
    out: str, movies: list[Measured], columns: list[int], cache: Path, model: str
) -> ModelFolder:
    """Return the model with a second look that was fitted without a family, or without a recording."""
    stock = find_model_for("random", model)
    folder = cache / "without" / f"{out}"
    if not folder.is_dir():
        draft = folder.with_name(f"{out}-draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(stock.path, draft)
        # What was drawn into a recording shares its code with what was drawn into the others.
        outs = [out, "inserted"] if out.startswith("real") else [out]
        known = movies
        for one in outs:
            known = taught(known, one)
        table = Table.join([table_of_movie(m, columns, k) for k, m in enumerate(known)])
        old = load_second_stage(stock)
        assert old is not None
        stage = make_stage(table, old.scale, old.offset)
        write_stage(stage, sample(table), draft, {"without": outs}, stock.card.limit(0, second_look=True))
        draft.rename(folder)
    return ModelFolder(folder)


def reports(movie: Measured, chance: NDArray, folder: ModelFolder) -> NDArray[np.intp]:
    """Return the rows that a person is shown."""
    r = movie.rows
    likely, repeat = rule_of(folder.card, LISTED).apply(
        r.frame, r.y, r.x, r.strength, r.sigma, chance, movie.interval_s or None
    )
    return np.flatnonzero(likely & ~repeat)


def labelled(movie: Measured, rows: NDArray) -> tuple[Rows, int]:
    """Return what is learned from reports that are labelled as the truth says, and how many are events."""
    r = movie.rows
    said = match(np.column_stack([r.frame, r.x, r.y])[rows], movie.truth, REACH_PX, REACH_FRAMES)
    right = np.zeros(len(rows), bool)
    right[[k for _, k in said.pairs]] = True
    rows, right = rows[np.argsort(r.frame[rows])], right[np.argsort(r.frame[rows])]
    n = len(rows)
    labels = Usable(
        tuple(f"label {k}" for k in range(n)), r.frame[rows], r.y[rows].astype(float), r.x[rows].astype(float),
        np.where(right, 0, -1), np.full(n, 12), np.ones(n, bool),
    )  # fmt: skip
    places = Candidates(r.frame, r.y, r.x, r.strength, r.strength, r.sigma, np.ones(len(r), np.int8))
    meant = meant_by(labels, places, r.frame)
    label = np.where(meant.unnamed, AMBIGUOUS, meant.label)
    kept = label != AMBIGUOUS
    return replace(r.take(kept), label=label[kept]), int(right.sum())


class Bench:
    """Everything that several draws share."""

    def __init__(self, movies: list[Measured], cache: Path, model: str) -> None:
        self.movies, self.cache, self.model = movies, cache, model
        self.columns = find_model_for("random", model).card.event_columns
        self._values: dict[str, NDArray] = {}

    def values(self, movie: Measured) -> NDArray[np.float32]:
        """Return measures and network of a movie, once."""
        if movie.name not in self._values:
            self._values[movie.name] = values_of(movie, self.columns)
        return self._values[movie.name]

    def chance(self, stage: SecondStage, movie: Measured) -> NDArray:
        """Return what a stage says of the candidates of a movie."""
        values = self.values(movie)
        measures, network = values[:, : len(NAMES)], values[:, len(NAMES) :]
        return stage.chance(measures, network) * stage.promising(measures)

    def side(self, stage: SecondStage, folder: ModelFolder, making: Making, apart: Measured) -> Side:
        """Judge a stage on all movies of a making but one, and on the families it knows."""
        rule = rule_of(folder.card, folder.card.limit(0, second_look=True))
        out = Side()
        for movie in making.events:
            if movie is not apart:
                out.events.add(count(movie, self.chance(stage, movie), rule))
        for movie in making.empty:
            out.empty.add(count(movie, self.chance(stage, movie), rule))
        groups: dict[str, Count] = {}
        for movie in self.own(making):
            groups.setdefault(movie.family, Count()).add(count(movie, self.chance(stage, movie), rule))
        out.own = float(np.mean([c.f1 for c in groups.values()]))
        return out

    def own(self, making: Making) -> list[Measured]:
        """Return movies of the families that were learned from, the last of each."""
        out: list[Measured] = []
        for family in _OWN:
            if family != making.left_out and not (family == "inserted" and making.left_out.startswith("real")):
                mine = [m for m in self.movies if m.family == family and len(m.events)]
                out += mine[-_OWN_MOVIES:]
        return out

    def draw(self, making: Making, number: int, labels: int) -> Draw:
        """Label, teach, and judge before and after."""
        folder = stage_without(making.left_out, self.movies, self.columns, self.cache, self.model)
        stage = load_second_stage(folder)
        assert stage is not None
        movie = making.events[number % len(making.events)]
        rng = np.random.default_rng([number, 31])
        rows = rng.permutation(reports(movie, self.chance(stage, movie), folder))[:labels]
        own, events = labelled(movie, rows)
        made = teach(folder, folder.card, own, number, Silent())
        assert made is not None
        before = self.side(stage, folder, making, movie)
        after = self.side(made.stage, folder, making, movie) if made.better else before
        return Draw(making.name, len(rows), events, made.better, before, after)


def recall(c: Count) -> float:
    """Part of the events that was found."""
    return c.hits / max(c.hits + c.missed, 1)


def closed(draw: Draw) -> float:
    """Part of the gap from F1 to 1 that was closed."""
    return (draw.after.events.f1 - draw.before.events.f1) / max(1 - draw.before.events.f1, 1e-9)


def as_markdown(draws: list[Draw]) -> str:
    """Return a table by making: means of the draws, with the lowest and the highest."""
    lines = [["movies", "events among labels", "F1 before", "F1 after", "false events before", "after", "recall before",
              "after", "false without events before", "after", "F1 of known families before", "after"]]  # fmt: skip
    for name in dict.fromkeys(d.making for d in draws):
        mine = [d for d in draws if d.making == name]
        b, a = [d.before for d in mine], [d.after for d in mine]
        lines.append([
            name, ", ".join(str(d.event_labels) for d in mine), _range([s.events.f1 for s in b], 2),
            _range([s.events.f1 for s in a], 2), _range([s.events.false for s in b], 0),
            _range([s.events.false for s in a], 0), _range([recall(s.events) for s in b], 2),
            _range([recall(s.events) for s in a], 2), _range([s.empty.false for s in b], 0),
            _range([s.empty.false for s in a], 0), _range([s.own for s in b], 3), _range([s.own for s in a], 3),
        ])  # fmt: skip
    return markdown(lines) + "\n\n" + _in_all(draws)


def _range(values: list[float] | list[int], digits: int) -> str:
    low, mean, high = min(values), float(np.mean(values)), max(values)
    return f"{mean:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _in_all(draws: list[Draw]) -> str:
    before, after = ([getattr(d, side) for d in draws] for side in ("before", "after"))
    lost = [recall(b.events) - recall(a.events) for b, a in zip(before, after, strict=True)]
    f1 = np.array([[s.events.f1 for s in side] for side in (before, after)])
    own = np.array([[s.own for s in side] for side in (before, after)])
    more = sum(a.events.false > b.events.false for b, a in zip(before, after, strict=True))
    return (
        f"{len(draws)} draws, {sum(d.used for d in draws)} used. False events x {_ratio(before, after, 'events'):.2f}, "
        f"more than before in {more} draws; without events x {_ratio(before, after, 'empty'):.2f}; recall "
        f"{np.mean(lost):.3f} lower in the mean, {max(lost):.3f} at most; mean F1 {f1[0].mean():.3f} -> "
        f"{f1[1].mean():.3f}, {100 * np.mean([closed(d) for d in draws]):.0f} % of the gap, lower by more than .01 in "
        f"{(f1[0] - f1[1] > 0.01).sum()} draws; known families {own[0].mean():.3f} -> {own[1].mean():.3f}, at most "
        f"{(own[0] - own[1]).max():.3f} lower."
    )


def _ratio(before: list[Side], after: list[Side], what: str) -> float:
    """Return false events after for each before."""
    b, a = (sum(getattr(s, what).false for s in side) for side in (before, after))
    return a / max(b, 1)


def main() -> None:
    """Read the options, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="evit28")
    parser.add_argument("--rows", type=Path, required=True, help="folder of what benchmarks.second_stage measured")
    parser.add_argument("--out", type=Path, help="folder for refine.md and refine.json")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--numbers", type=int, nargs="+", default=[LABELS], help="numbers of labels")
    parser.add_argument("--only", help="makings whose name begins so")
    told = parser.parse_args()
    movies = [read(path) for path in sorted(told.rows.glob("*.npz"))]
    bench = Bench(movies, told.rows, told.model)
    chosen = [m for m in makings(movies) if m.name.startswith(told.only or "")]
    texts, kept = [], []
    for number in told.numbers:
        draws = []
        for making in chosen:
            draws += [bench.draw(making, k, number) for k in range(told.draws)]
            print(as_markdown(draws[-told.draws :]), flush=True)
        texts.append(f"{number} labels\n\n{as_markdown(draws)}\n")
        print(texts[-1], flush=True)
        kept += [{"making": d.making, "labels": d.labels, "event_labels": d.event_labels, "used": d.used,
                  **{side: {"events": vars(getattr(d, side).events), "empty": vars(getattr(d, side).empty),
                            "own": getattr(d, side).own} for side in ("before", "after")}} for d in draws]  # fmt: skip
    if told.out:
        told.out.mkdir(parents=True, exist_ok=True)
        (told.out / "refine.md").write_text("\n".join(texts), encoding="utf-8")
        (told.out / "refine.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
