"""Two annotators of one movie: how far they agree, where they do not, and one label file made of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.labels import Label, as_marks, read_labels
from ivea_fiji.datasets.layout import class_name
from ivea_fiji.errors import DatasetError, OutputError
from ivea_fiji.evaluation.marks import Marks
from ivea_fiji.evaluation.matching import Counts, match_events
from ivea_fiji.params.dataset import AgreementParams
from ivea_fiji.results.rois import UNDECIDED, write_rois
from ivea_fiji.results.writer import write_whole

DISAGREEMENT_COLUMNS = ("number", "frame", "x_px", "y_px", "first", "second", "what", "name_first", "name_second")
_RADIUS = 3.0


@dataclass(frozen=True)
class Agreement:
    """Labels of two annotators with what belongs together.

    Attributes
    ----------
    first, second
        Their labels that belong to a frame and are decided.
    pairs
        Rows of both that are of the same event, ``(n, 2)``.
    only_first, only_second
        Rows that only one has marked.
    params
        Tolerances, and what becomes of disputes.
    """

    first: tuple[Label, ...]
    second: tuple[Label, ...]
    pairs: NDArray[np.int64]
    only_first: NDArray[np.int64]
    only_second: NDArray[np.int64]
    params: AgreementParams

    @property
    def classes(self) -> list[tuple[int | None, int | None]]:
        """Classes of the pairs."""
        return [(self.first[a].class_id, self.second[b].class_id) for a, b in self.pairs.tolist()]

    @property
    def same(self) -> int:
        """Pairs with one class."""
        return sum(a == b for a, b in self.classes)

    @property
    def kappa(self) -> float:
        """Cohen's kappa of the classes of what both have marked; NaN if there is nothing to compare."""
        return cohens_kappa(self.classes)

    @property
    def event_kappa(self) -> float:
        """Cohen's kappa of event or not, over all that anybody marked; what one did not mark is no event for them."""
        told = [(_is_event(a), _is_event(b)) for a, b in self.classes]
        told += [(_is_event(self.first[k].class_id), False) for k in self.only_first.tolist()]
        told += [(False, _is_event(self.second[k].class_id)) for k in self.only_second.tolist()]
        return cohens_kappa(told)

    @property
    def events(self) -> Counts:
        """Events of the second annotator measured by those of the first."""
        both = sum(_is_event(a) and _is_event(b) for a, b in self.classes)
        mine = sum(_is_event(k.class_id) for k in self.first)
        other = sum(_is_event(k.class_id) for k in self.second)
        return Counts(both, other - both, mine - both)

    def disagreements(self) -> list[dict[str, Any]]:
        """Return one row for everything they do not agree on, in order of time; columns `DISAGREEMENT_COLUMNS`."""
        rows = [
            _row(self.first[a], self.second[b])
            for a, b in self.pairs.tolist()
            if self.first[a].class_id != self.second[b].class_id
        ]
        rows += [_row(self.first[k], None) for k in self.only_first.tolist()]
        rows += [_row(None, self.second[k]) for k in self.only_second.tolist()]
        rows.sort(key=lambda row: (row["frame"], row["y_px"], row["x_px"]))
        return [{"number": n, **row} for n, row in enumerate(rows, 1)]

    def merged(self) -> list[Label]:
        """Return one set of labels, sorted by frame, by the rule `AgreementParams.keep`."""
        keep = self.params.keep
        out = []
        for a, b in self.pairs.tolist():
            label, other = self.first[a], self.second[b]
            agreed = label.class_id == other.class_id or keep == "first"
            out.append(label if agreed else replace(label, class_id=UNDECIDED))
        alone = [self.first[k] for k in self.only_first.tolist()] + [self.second[k] for k in self.only_second.tolist()]
        out += alone if keep != "agreed" else [replace(label, class_id=UNDECIDED) for label in alone]
        return sorted(out, key=lambda label: (label.frame, label.y, label.x))

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        events = self.events
        return {
            "first": len(self.first), "second": len(self.second), "both": len(self.pairs), "same_class": self.same,
            "only_first": len(self.only_first), "only_second": len(self.only_second),
            "agreement": self.same / len(self.pairs) if len(self.pairs) else None,
            "kappa": _known(self.kappa), "event_kappa": _known(self.event_kappa), "event_f1": events.f1,
            "events_both": events.hits, "disagreements": self.disagreements(),
            "parameters": self.params.model_dump(),
        }  # fmt: skip

    def to_text(self) -> str:
        """Return the comparison for people."""
        told = self.to_dict()
        lines = [
            f"{told['first']} and {told['second']} labels; {told['both']} places were marked by both, "
            f"{told['only_first']} only by the first, {told['only_second']} only by the second",
        ]
        if told["both"]:
            lines.append(f"same class at {self.same} of {told['both']} places ({100 * told['agreement']:.0f} %)"
                         + ("" if told["kappa"] is None else f", Cohen's kappa {told['kappa']:.3f}"))
        if told["event_kappa"] is not None:
            lines.append(f"event or not: kappa {told['event_kappa']:.3f}, F1 of one measured by the other "
                         f"{told['event_f1']:.3f}")
        return "\n".join(lines)


def compare_labels(
    first: str | Path | Sequence[Label], second: str | Path | Sequence[Label], params: AgreementParams | None = None
) -> Agreement:
    """Compare the labels of two annotators of one movie.

    Labels are paired one to one by place and time alone, whatever their classes; as found and true events are.
    Undecided labels (class -99) count as not there.

    Parameters
    ----------
    first, second
        Label files, as `read_labels` takes them, or labels.
    params
        Tolerances; the defaults if None.

    Raises
    ------
    IveaError
        If a file cannot be read, or holds nothing to compare.
    """
    params = params or AgreementParams()
    sides = []
    for side in (first, second):
        labels = read_labels(side) if isinstance(side, str | Path) else list(side)
        sides.append(tuple(k for k in labels if k.frame > 0 and k.class_id != UNDECIDED))
        if not sides[-1]:
            name = f"'{Path(side).name}'" if isinstance(side, str | Path) else "One side"
            raise DatasetError(f"{name} holds no label that belongs to a frame and has a decided class.")
    marks = [Marks.of([k.frame - 1 for k in s], [k.y for k in s], [k.x for k in s]) for s in sides]
    found = match_events(
        marks[1], marks[0], max_distance_px=params.max_distance_px, max_frames=params.max_frames, slow=0.0,
        max_slow_frames=0.0, min_peak_z=0.0,
    )  # fmt: skip
    pairs = np.column_stack([found.truth, found.found]).astype(np.int64)
    return Agreement(sides[0], sides[1], pairs, found.missed, found.false, params)


def write_merged(agreement: Agreement, out: str | Path, *, replace_existing: bool = False) -> Path:
    """Write the labels of both as ROIs ``.zip``.

    Raises
    ------
    OutputError
        If there is such a file already, or it cannot be written.
    """
    path = Path(out).expanduser()
    if path.exists() and not replace_existing:
        raise OutputError(f"There is a file '{path}' already; choose another name, or replace it on purpose.")
    if path.suffix.lower() != ".zip":
        raise OutputError(f"Labels are written as ROIs; let the name '{path.name}' end in .zip.")
    marks = as_marks(agreement.merged(), _RADIUS)
    write_whole(path.parent, {path.name: lambda file: write_rois(file, marks)})
    return path


def cohens_kappa(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Return Cohen's kappa of paired ratings; NaN without ratings, or if all are one and the same.

    Parameters
    ----------
    pairs
        What each of two raters says of each item.

    Notes
    -----
    Observed less chance agreement, over one less chance agreement (Cohen 1960).
    """
    if not pairs:
        return float("nan")
    kinds = sorted({str(value) for pair in pairs for value in pair})
    table = np.zeros((len(kinds), len(kinds)))
    for a, b in pairs:
        table[kinds.index(str(a)), kinds.index(str(b))] += 1
    table /= table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return (float(np.trace(table)) - chance) / (1 - chance) if chance < 1 else float("nan")


def _is_event(class_id: int | None) -> bool:
    return class_id is None or class_id >= 0


def _row(first: Label | None, second: Label | None) -> dict[str, Any]:
    where = first or second
    if where is None:
        raise ValueError("neither annotator has marked it")
    what = "only the second" if first is None else "only the first" if second is None else "class"
    return {
        "frame": where.frame, "x_px": round(where.x, 3), "y_px": round(where.y, 3), "first": _class(first),
        "second": _class(second), "what": what, "name_first": first.name if first else "",
        "name_second": second.name if second else "",
    }  # fmt: skip


def _class(label: Label | None) -> str:
    if label is None:
        return ""
    return "unlabelled" if label.class_id is None else class_name(label.class_id)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
