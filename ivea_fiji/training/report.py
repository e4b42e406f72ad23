"""A picture of a training: curves, confusion, and F1 against the threshold."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.training.validation import THRESHOLDS


def confusion(label: NDArray, said: NDArray, ids: list[int]) -> NDArray[np.int64]:
    """Count samples of each true class (rows) by what the network said (columns)."""
    table = np.zeros((len(ids), len(ids)), np.int64)
    place = {c: k for k, c in enumerate(ids)}
    for a, b in zip(label, said, strict=True):
        table[place[int(a)], place[int(b)]] += 1
    return table


def write_scores(card: ModelCard, path: Path) -> Path:
    """Write how well a refined model does before and after, one row per group of movies, as CSV."""
    columns = ("f1", "precision", "recall", "false")
    before, after = (card.metrics.get(side, {}).get("groups", {}) for side in ("before", "after"))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["movies", *(f"{name}_{side}" for side in ("before", "after") for name in columns)])
        for group, row in after.items():
            told = before.get(group, {})
            writer.writerow([group, *(told.get(name, "") for name in columns), *(row[name] for name in columns)])
    return path


def draw_report(
    curves: list[Path], table: NDArray[np.int64], sweep: dict[str, list[Counts]], card: ModelCard, path: Path
) -> None:
    """Draw loss curves, confusion matrix of held-out samples, and event F1 of the validation movies."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 4.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1.25, 1.1])
    epoch = 0
    for k, file in enumerate(curves):
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        x = epoch + np.arange(1, len(rows) + 1)
        epoch += len(rows)
        for column, colour, name in (("loss", "#4477aa", "training"), ("val_loss", "#ee6677", "held-out movies")):
            if rows and column in rows[0]:
                left.plot(x, [float(r[column]) for r in rows], color=colour, label=name if k == 0 else None)
        if k:
            left.axvline(x[0] - 0.5, color="0.7", lw=0.8, ls=":")
        if rows and "event_f1" in rows[0]:
            right_axis = left.twinx()
            right_axis.plot(x, [float(r["event_f1"]) for r in rows], color="#228833", ls="--")
            right_axis.set(ylim=(0, 1), ylabel="event F1 of held-out samples (dashed)" if k == 0 else "")
    left.set(xlabel="epoch", ylabel="loss", title="Training" + " (dotted: hard rounds)" * (len(curves) > 1))
    left.legend(frameon=False)
    names = [c.name.replace("_", " ") for c in card.classes]
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    middle.imshow(share, cmap="Blues", vmin=0, vmax=1)
    middle.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    middle.set_yticks(range(len(names)), names, fontsize=7)
    middle.set(title="Held-out samples: true (rows) against said")
    for (i, j), value in np.ndenumerate(share):
        if value >= 0.02:
            middle.text(j, i, f"{100 * value:.0f}", ha="center", va="center", fontsize=6.5,
                        color="white" if value > 0.5 else "black")  # fmt: skip
    for group, row in sweep.items():
        if not group.startswith("none"):
            right.plot(THRESHOLDS, [c.f1 for c in row], label=group)
    right.axvline(card.threshold, color="0.3", ls="--", lw=1)
    right.set(xlabel="threshold", ylabel="event F1", ylim=(0, 1), title="Validation movies (dashed: chosen)")
    right.legend(frameon=False, fontsize=7)
    figure.savefig(path, dpi=90)
