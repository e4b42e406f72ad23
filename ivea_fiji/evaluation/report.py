"""How well found events agree with true ones, for people and for programs."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation.files import read_marks
from ivea_fiji.evaluation.marks import UNKNOWN_CLASS, Marks
from ivea_fiji.evaluation.matching import Counts, Matching, match_events
from ivea_fiji.events.classes import BY_ID
from ivea_fiji.params.evaluation import EvaluationParams

_LISTED = 20  # misses and false events shown as text


@dataclass(frozen=True)
class Evaluation:
    """Found and true events with what belongs together."""

    found: Marks
    truth: Marks
    matching: Matching
    params: EvaluationParams

    @property
    def counts(self) -> Counts:
        """Hits, false events and misses, with precision, recall and F1."""
        return self.matching.counts

    @property
    def confusion(self) -> dict[tuple[str, str], int]:
        """How often a true class (first) was given a class (second), among the hits whose classes are known."""
        true, given = self.truth.class_id[self.matching.truth], self.found.class_id[self.matching.found]
        known = (true != UNKNOWN_CLASS) & (given != UNKNOWN_CLASS)
        pairs = zip(true[known].tolist(), given[known].tolist(), strict=True)
        return {(_name(a), _name(b)): n for (a, b), n in sorted(Counter(pairs).items())}

    def recall_by(self, what: str) -> dict[str, Counts]:
        """Return hits and misses for each true ``'class'`` or ``'kind'``; false events have neither and count 0."""
        if what == "class":
            labels = np.array([_name(c) for c in self.truth.class_id.tolist()], dtype=np.str_)
        else:
            labels = self.truth.kind
        hit, missed = labels[self.matching.truth], labels[self.matching.missed]
        counted = np.setdiff1d(np.arange(len(self.truth)), self.matching.ignored_truth)
        names = dict.fromkeys(n for n in labels[counted].tolist() if n)
        return {n: Counts(int((hit == n).sum()), 0, int((missed == n).sum())) for n in names}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; frames are counted from 1, what is not known is None."""
        m, counts = self.matching, self.counts
        return {
            "found": len(self.found),
            "true": len(self.truth),
            "hits": counts.hits,
            "false": counts.false,
            "missed": counts.missed,
            "duplicates": int(m.duplicate.sum()),
            "ignored_true": len(m.ignored_truth),
            "ignored_found": len(m.ignored_found),
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
            "distance_px": {"median": _median(m.distance), "rms": _rms(m.distance)},
            "delay_frames": {"median": _median(m.delay), "median_absolute": _median(np.abs(m.delay))},
            "by_class": _recalls(self.recall_by("class")),
            "by_kind": _recalls(self.recall_by("kind")),
            "confusion": [{"true": a, "found": b, "count": n} for (a, b), n in self.confusion.items()],
            "misses": [self._true_row(k) for k in m.missed.tolist()],
            "false_events": [
                self._found_row(k, twice) for k, twice in zip(m.false.tolist(), m.duplicate.tolist(), strict=True)
            ],
            "parameters": self.params.model_dump(),
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    def to_text(self) -> str:
        """Return a report for people: the figures, then what was missed and what is false."""
        d = self.to_dict()
        lines = [
            f"precision {d['precision']:.3f}   recall {d['recall']:.3f}   F1 {d['f1']:.3f}",
            f"{d['hits']} of {d['true'] - d['ignored_true']} true events found, {d['missed']} missed, "
            f"{d['false']} false ({d['duplicates']} of them repeat an event)",
        ]
        if d["ignored_true"]:
            lines.append(
                f"{d['ignored_true']} true events are less visible than {self.params.min_peak_z:g} and ignored, "
                f"{d['ignored_found']} of them found"
            )
        if d["hits"]:
            distance, delay = d["distance_px"], d["delay_frames"]
            lines.append(
                f"place: median error {distance['median']:.2f} px, RMS {distance['rms']:.2f} px; time: median error "
                f"{delay['median']:+.1f} frames, absolute {delay['median_absolute']:.1f}"
            )
        for title, rows in (("class", d["by_class"]), ("kind", d["by_kind"])):
            if len(rows) > 1:
                lines += ["", f"recall by {title}"]
                lines += [f"  {n}: {r['recall']:.3f} ({r['hits']} of {r['hits'] + r['missed']})"
                          for n, r in rows.items()]
        if d["confusion"]:
            lines += ["", "classes of the events found"]
            lines += [f"  {r['true']} called {r['found']}: {r['count']}" for r in d["confusion"]]
        for title, rows in (("missed", d["misses"]), ("false", d["false_events"])):
            if rows:
                lines += ["", f"{title} ({len(rows)})", *(f"  {_sentence(row)}" for row in rows[:_LISTED])]
                lines += [f"  ... and {len(rows) - _LISTED} more"] * (len(rows) > _LISTED)
        return "\n".join(lines)

    def _true_row(self, k: int) -> dict[str, Any]:
        row = _row(self.truth, k)
        return row | {"kind": str(self.truth.kind[k]) or None, "peak_z": _known(self.truth.peak_z[k])}

    def _found_row(self, k: int, twice: bool) -> dict[str, Any]:
        return _row(self.found, k) | {"probability": _known(self.found.probability[k]), "repeats_an_event": twice}


def evaluate(found: Marks, truth: Marks, params: EvaluationParams | None = None) -> Evaluation:
    """Match found with true events and return the comparison; see `match_events`.

    Parameters
    ----------
    found, truth
        The events.
    params
        Tolerances; None takes the defaults.
    """
    params = params or EvaluationParams()
    return Evaluation(found, truth, match_events(found, truth, **params.model_dump()), params)


def evaluate_files(events: str | Path, truth: str | Path, params: EvaluationParams | None = None) -> Evaluation:
    """Compare a file of found events with a file of true ones.

    Parameters
    ----------
    events, truth
        Tables (``.csv``) or ImageJ ROIs (``.zip``, ``.roi``); see `read_marks`.
    params
        Tolerances; None takes the defaults.

    Raises
    ------
    TableError, MovieError
        If a file cannot be read.
    """
    return evaluate(read_marks(events), read_marks(truth), params)


def _name(class_id: int) -> str:
    if class_id == UNKNOWN_CLASS:
        return ""
    return BY_ID[class_id].name if class_id in BY_ID else str(class_id)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _median(values: NDArray[np.float64]) -> float | None:
    return float(np.median(values)) if len(values) else None


def _rms(values: NDArray[np.float64]) -> float | None:
    return float(np.sqrt((values**2).mean())) if len(values) else None


def _row(marks: Marks, k: int) -> dict[str, Any]:
    return {
        "event": int(marks.number[k]),
        "frame": _whole(marks.frame[k] + 1),
        "x_px": round(float(marks.x[k]), 3),
        "y_px": round(float(marks.y[k]), 3),
        "class": _name(int(marks.class_id[k])) or None,
    }


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


def _recalls(counts: dict[str, Counts]) -> dict[str, Any]:
    return {n: {"hits": c.hits, "missed": c.missed, "recall": c.recall} for n, c in counts.items()}


def _sentence(row: dict[str, Any]) -> str:
    text = f"event {row['event']}, frame {row['frame']}, x {row['x_px']:.1f}, y {row['y_px']:.1f}"
    for key in ("class", "kind"):
        if row.get(key):
            text += f", {row[key]}"
    for key, title in (("peak_z", "visibility"), ("probability", "probability")):
        if row.get(key) is not None:
            text += f", {title} {row[key]:.2f}"
    return text + (", repeats an event" if row.get("repeats_an_event") else "")
