"""A detection measured by labels: figures, what was missed and what is false, other thresholds, better settings."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ivea_fiji.classify import judge
from ivea_fiji.deciding import decide
from ivea_fiji.evaluation.marks import Marks
from ivea_fiji.evaluation.report import Evaluation, evaluate
from ivea_fiji.evaluation.tuning import (
    Point,
    Suggestion,
    near_labels,
    suggest,
    sweep,
    sweep_marks,
    tolerances,
    why_missed,
)
from ivea_fiji.movie.image import ImageInput
from ivea_fiji.movie.look import look_over
from ivea_fiji.movie.open import open_movie
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.params.evaluation import EvaluationParams, LabelParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.results.writer import write_whole

FAULT_COLUMNS = ("number", "what", "frame", "x_px", "y_px", "class_name", "probability", "why")
SWEEP_COLUMNS = ("threshold", "precision", "recall", "f1", "hits", "false", "missed")
SETTING_COLUMNS = ("threshold_factor", "confidence", "repeat_frames", *SWEEP_COLUMNS[1:], "note")


@dataclass(frozen=True)
class LabelReport:
    """How well a detection agrees with labels.

    Attributes
    ----------
    evaluation
        The figures.
    reasons
        Why each of `Matching.missed` was missed; empty if only a table of events is known.
    curve
        What other thresholds would give; empty if probabilities are not known.
    suggestion
        Settings that fit the labels, if asked for.
    """

    evaluation: Evaluation
    reasons: tuple[str, ...] = ()
    curve: tuple[Point, ...] = ()
    suggestion: Suggestion | None = None

    @property
    def sentence(self) -> str:
        """The figures in one sentence."""
        counts = self.evaluation.counts
        return (
            f"Precision {counts.precision:.3f}, recall {counts.recall:.3f}, F1 {counts.f1:.3f}: {counts.hits} events "
            f"found, {counts.missed} missed, {counts.false} false."
        )

    @property
    def notes(self) -> list[str]:
        """What the user should read."""
        notes = [self.suggestion.sentence] if self.suggestion else []
        best = max(self.curve, key=lambda point: point.counts.f1, default=None)
        if best and not self.suggestion and best.counts.f1 > self.evaluation.counts.f1 + 0.005:
            notes.append(f"With a confidence of {best.threshold:g}, F1 on these labels would be {best.counts.f1:.3f}.")
        return notes

    def faults(self) -> list[dict[str, Any]]:
        """Return one row per missed and false event, in order of time; columns `FAULT_COLUMNS`."""
        told = self.evaluation.to_dict()
        reasons = self.reasons or ("",) * len(told["misses"])
        rows = [_fault("missed", row, why) for row, why in zip(told["misses"], reasons, strict=True)]
        rows += [
            _fault("false", row, "repeats an event that was found" if row["repeats_an_event"] else "no label there")
            for row in told["false_events"]
        ]
        rows.sort(key=lambda row: (row["frame"], row["y_px"], row["x_px"]))
        return [{"number": n, **row} for n, row in enumerate(rows, 1)]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        told = self.evaluation.to_dict()
        told["misses"] = [row | ({"why": why} if why else {}) for row, why in
                          zip(told["misses"], self.reasons or ("",) * len(told["misses"]), strict=True)]
        told["sweep"] = [{"threshold": p.threshold, **_figures(p.counts)} for p in self.curve]
        if self.suggestion:
            told["suggestion"] = {
                "changes": {k: {"now": a, "suggested": b} for k, (a, b) in self.suggestion.changes().items()},
                "f1_now": self.suggestion.now.counts.f1, "f1_suggested": self.suggestion.best.counts.f1,
                "few_labels": self.suggestion.few, "sentence": self.suggestion.sentence,
            }  # fmt: skip
        return told

    def write(self, folder: Path, stem: str) -> dict[str, Path]:
        """Write ``<stem>_evaluation.csv`` (missed and false events), ``_sweep.csv`` and ``_settings.csv``, by kind.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        tables: dict[str, tuple[Sequence[str], list[dict[str, Any]]]] = {"evaluation": (FAULT_COLUMNS, self.faults())}
        if self.curve:
            tables["sweep"] = (SWEEP_COLUMNS, [
                {"threshold": p.threshold, **_figures(p.counts)} for p in self.curve
            ])  # fmt: skip
        if self.suggestion:
            tables["settings"] = (SETTING_COLUMNS, self._settings())
        files = {kind: folder / f"{stem}_{kind}.csv" for kind in tables}
        makers: dict[str, Callable[[Path], None]] = {
            files[kind].name: _writer(*table) for kind, table in tables.items()
        }
        write_whole(folder, makers)
        return files

    def _settings(self) -> list[dict[str, Any]]:
        """Return the present and the suggested settings, and then all that were tried, best first."""
        made = self.suggestion
        if made is None:
            return []
        rows = [(made.now, "now"), *([(made.best, "suggested")] if made.best is not made.now else [])]
        rows += [(s, "") for s in sorted(made.tried, key=lambda s: -s.counts.f1) if s not in (made.now, made.best)]
        return [
            {"threshold_factor": s.threshold_factor, "confidence": s.confidence, "repeat_frames": s.repeat_frames,
             **_figures(s.counts), "note": note}
            for s, note in rows
        ]  # fmt: skip


def report_events(found: Marks, truth: Marks, labels: Marks, params: LabelParams) -> LabelReport:
    """Compare events that were found before with labels.

    Parameters
    ----------
    found
        The events.
    truth, labels
        True events, and all that is labelled.
    params
        Tolerances, and whether labels are complete.
    """
    how = EvaluationParams.make(**tolerances(params))
    part = None if params.complete_labels else labels
    seen = found if part is None else found[near_labels(found, part, how)]
    curve = sweep_marks(found, truth, how, part)
    return LabelReport(evaluate(seen, truth, how), curve=tuple(curve))


def report_movie(
    movie: str | Path | ImageInput, truth: Marks, labels: Marks, detection: RandomParams, params: LabelParams,
    progress: Progress | None = None,
) -> LabelReport:
    """Find the events of a movie and compare them with labels.

    Parameters
    ----------
    movie
        A file, or an image of ImageJ.
    truth, labels
        True events, and all that is labelled, by frames of the file.
    detection
        Settings of the detection.
    params
        Tolerances, whether labels are complete, whether other settings are tried.
    progress
        Told about every stage, and asked whether to stop.

    Raises
    ------
    IveaError
        If the movie or the model cannot be used.
    Cancelled
        The progress asked to stop.
    """
    progress = progress or Silent()
    how = EvaluationParams.make(**tolerances(params))
    opened = look_over(open_movie(movie, detection), detection.every_nth)
    folder = find_model_for("random", detection.model)
    judged = judge(opened, folder, detection, progress)
    events, rejected = decide(judged, detection)
    found = Marks.of_events(events)
    found = replace(found, frame=np.array([opened.file_frame(e.frame) - 1 for e in events], float))
    part = None if params.complete_labels else labels
    seen = found if part is None else found[near_labels(found, part, how)]
    made = evaluate(seen, truth, how)
    names = {entry.id: entry.name for entry in folder.card.classes}
    others = [replace(r, frame=opened.file_frame(r.frame) - 1) for r in rejected]
    return LabelReport(
        made,
        tuple(why_missed(truth, made.matching.missed, others, names, how)),
        tuple(sweep(judged, truth, detection, how, part)),
        suggest(opened, truth, detection, how, progress, part, judged) if params.suggest else None,
    )


def _fault(what: str, row: dict[str, Any], why: str) -> dict[str, Any]:
    chance = row.get("probability")
    return {
        "what": what, "frame": row["frame"], "x_px": row["x_px"], "y_px": row["y_px"],
        "class_name": row["class"] or "", "probability": "" if chance is None else f"{chance:.4f}", "why": why,
    }  # fmt: skip


def _figures(counts: Any) -> dict[str, Any]:
    return {
        "precision": round(counts.precision, 4), "recall": round(counts.recall, 4), "f1": round(counts.f1, 4),
        "hits": counts.hits, "false": counts.false, "missed": counts.missed,
    }  # fmt: skip


def _writer(columns: Sequence[str], rows: list[dict[str, Any]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return write
