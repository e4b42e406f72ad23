"""Judged movies summed up in Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import chi2

from benchmarks.judge import BINS, PHYSICS_KINDS, VISIBLE_Z
from benchmarks.markdown import markdown
from ivea_fiji.evaluation import Counts

Row = dict[str, Any]

_BANDS = ((0.1, 1.0), (1.0, 10.0))


def report(rows: list[Row], real: list[Row], models: Iterable[str]) -> str:
    """Return the tables of all models, one after the other."""
    parts = []
    for model in models:
        mine = [r for r in rows if r["model"] == model]
        paper, physics = ([r for r in mine if r["recipe"] == name] for name in ("paper", "physics"))
        parts.append(f"### {model}")
        if paper:
            parts += ["Paper's recipe, every event counts; mean ± SEM over movies.", paper_table(paper)]
        if physics:
            parts += physics_tables(physics)
        parts += [real_text(r) for r in real if r["model"] == model]
    return "\n\n".join(parts)


def pooled(rows: Iterable[Row], key: str = "counts") -> Counts:
    """Return the counts of all movies together."""
    return sum((Counts(**r[key]) for r in rows), Counts())


def mean_sem(values: Iterable[float]) -> str:
    """Return mean and standard error as text; a single value has no error, none at all no mean."""
    v = np.array(list(values), float)
    if not len(v):
        return ""
    return f"{v.mean():.3f}" + (f" ± {v.std(ddof=1) / np.sqrt(len(v)):.3f}" if len(v) > 1 else "")


def paper_table(rows: list[Row]) -> str:
    """Return a line per noise factor and per band of them."""
    factors = sorted({r["noise_factor"] for r in rows})
    groups = [(f"{factor:g}", [r for r in rows if r["noise_factor"] == factor]) for factor in factors]
    groups += [
        (f"**{low:g}-{high:g}**", [r for r in rows if low <= r["noise_factor"] <= high]) for low, high in _BANDS
    ]
    lines = [["lambda", "movies", "true events", "median peak z", "10 % below", "precision", "recall", "F1",
              "recall of candidates"]]  # fmt: skip
    for name, group in groups:
        if not group:
            continue
        each, c = [Counts(**r["counts"]) for r in group], pooled(group)
        z = np.concatenate([r["peak_z"] for r in group])
        lines.append([
            name, str(len(group)), str(c.hits + c.missed), f"{np.median(z):.1f}", f"{np.percentile(z, 10):.1f}",
            mean_sem(k.precision for k in each), mean_sem(k.recall for k in each), mean_sem(k.f1 for k in each),
            f"{pooled(group, 'candidate_counts').recall:.3f}",
        ])  # fmt: skip
    return markdown(lines)


def physics_tables(rows: list[Row]) -> list[str]:
    """Return text and tables of the physics movies."""
    eventful = [r for r in rows if r["kind"] != "none"]
    parts = [
        f"Physics, shifted ranges; events with a peak z above {VISIBLE_Z:g} count. Pooled, and F1 as mean ± SEM over "
        "movies that have such events.",
        _kinds(rows),
    ]
    if eventful:
        parts += [
            "By visibility, all kinds pooled; a false event counts in the bin of the z with which it was found.",
            _bins(eventful),
        ]
        mixed = [r for r in rows if r["kind"] == "mixed"]
        if any(r["recall_by_kind"] for r in mixed):
            parts += ["Recall by kind of event in the mixed movies.", _recalls(mixed)]
        if any(r["confusion"] for r in eventful):
            parts += ["Classes of the events found (lines: true, columns: found).", _confusion(eventful)]
    return parts


def _kinds(rows: list[Row]) -> str:
    lines = [["movies", "n", "true events", "precision", "recall", "F1", "F1 per movie", "recall of candidates",
              "false / 1000 frames"]]  # fmt: skip
    for kind in PHYSICS_KINDS:
        group = [r for r in rows if r["kind"] == kind]
        if not group:
            continue
        c, frames = pooled(group), sum(r["frames"] for r in group)
        false = f"{1000 * c.false / frames:.2f}"
        if kind == "none":
            # Few counts: the rate that would give as few in one of 20 tests.
            false += f" (95 % below {1000 * chi2.ppf(0.95, 2 * c.false + 2) / 2 / frames:.2f})"
        if not c.hits + c.missed:  # no events, or of a class the model does not know
            lines.append([kind, str(len(group)), "0", "", "", "", "", "", false])
            continue
        each = [Counts(**r["counts"]) for r in group]
        lines.append([
            kind, str(len(group)), str(c.hits + c.missed), f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}",
            mean_sem(k.f1 for k in each if k.hits + k.missed), f"{pooled(group, 'candidate_counts').recall:.3f}",
            false,
        ])  # fmt: skip
    return markdown(lines)


def _bins(rows: list[Row]) -> str:
    lines = [["peak z", "true events", "precision", "recall", "F1"]]
    for k, (low, high) in enumerate(pairwise(BINS)):
        c = sum((Counts(**r["bins"][k]) for r in rows), Counts())
        name = f"{low:g}-{high:g}" if np.isfinite(high) else f"> {low:g}"
        lines.append([name, str(c.hits + c.missed), f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}"])
    return markdown(lines)


def _recalls(rows: list[Row]) -> str:
    kinds = sorted({name for r in rows for name in r["recall_by_kind"]})
    lines = [["kind", "true events", "recall"]]
    for name in kinds:
        c = sum((Counts(**r["recall_by_kind"][name]) for r in rows if name in r["recall_by_kind"]), Counts())
        lines.append([name, str(c.hits + c.missed), f"{c.recall:.3f}"])
    return markdown(lines)


def _confusion(rows: list[Row]) -> str:
    cells = [cell for r in rows for cell in r["confusion"]]
    true, found = (sorted({cell[k] for cell in cells}) for k in (0, 1))
    lines = [["", *found]]
    for a in true:
        lines.append([a, *(str(sum(n for x, y, n in cells if (x, y) == (a, b))) for b in found)])
    return markdown(lines)


def real_text(row: Row) -> str:
    """Return what was found in the example movies."""
    classes = ", ".join(f"{n} {name}" for name, n in sorted(row["synactj_classes"].items()))
    return (
        f"Telomeres: {row['telomeres']} events in {row['telomeres_frames']} frames "
        f"({row['telomeres_candidates']} candidates). "
        f"SynActJ: {row['synactj']} events{f' ({classes})' if classes else ''}; they lie within 5 px of "
        f"{row['synactj_places_found']} of {row['synactj_places']} bright places that a simple program marked, which "
        "is no truth."
    )
