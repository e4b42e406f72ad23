"""From fitted weights to a model: calibrate, choose thresholds on whole movies, export, report."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import ModelCard, ModelFolder
from ivea_fiji.networks.runtime import KerasClassifier
from ivea_fiji.progress import Progress
from ivea_fiji.training import validation
from ivea_fiji.training.batches import centred
from ivea_fiji.training.dataset import Samples
from ivea_fiji.training.export import calibrate_head, write_model, write_onnx
from ivea_fiji.training.report import confusion, draw_report
from ivea_fiji.training.stock import Network, facts, score_stock
from ivea_fiji.training.validation import Rule, Scored
from ivea_fiji.version import __version__

Table = dict[str, list[Counts]]
"""Counts of each group of movies at every one of `validation.THRESHOLDS`."""
_PROOFS = 16
"""Sequences whose answers are kept to prove the model."""


class Judge(Protocol):
    """Movies by which a network is calibrated and its thresholds are chosen."""

    @property
    def calibrated(self) -> bool:
        """Whether the network says how sure it is already, as one does whose parent was calibrated."""

    def raised(self, movies: list[Scored], card: ModelCard) -> tuple[list[int], float]:
        """Return columns of a calibrated network that are too unsure still, and what raises them."""

    def scored(self, network: Network, progress: Progress, *, half: bool) -> list[Scored]:
        """Return what the network says of the movies; of the first half of them if that will do."""

    def choose(self, movies: list[Scored], card: ModelCard) -> tuple[Rule, Table]:
        """Return what makes events of probabilities, and the counts with that suppression."""

    def metrics(self, movies: list[Scored], table: Table, k: int, card: ModelCard) -> dict[str, Any]:
        """Return what the card tells of how well it does at threshold `k`."""


@dataclass(frozen=True)
class StockJudge:
    """Simulated validation movies, for a network that was never calibrated."""

    count: int
    workers: int = 0
    calibrated: bool = False

    def raised(self, movies: list[Scored], card: ModelCard) -> tuple[list[int], float]:
        """Return nothing: all events are calibrated alike."""
        return [], 0.0

    def scored(self, network: Network, progress: Progress, *, half: bool) -> list[Scored]:
        """Return what the network says of the first `count` validation movies, or of half of these."""
        rows = score_stock([network], self.count // 2 if half else self.count, self.workers, progress)
        return [row[0] for row in rows]

    def choose(self, movies: list[Scored], card: ModelCard) -> tuple[Rule, Table]:
        """Return the rule with the best mean F1 of the groups."""
        return validation.choose(movies, card)

    def metrics(self, movies: list[Scored], table: Table, k: int, card: ModelCard) -> dict[str, Any]:
        """Return counts of every group."""
        return {"validation_movies": {group: facts(row[k]) for group, row in table.items()}}


@dataclass(frozen=True)
class Fitted:
    """A network that has learned, with what its report shows."""

    model: Any
    card: ModelCard
    """Everything known before thresholds are chosen."""
    held: Samples
    """Held-out samples for the confusion matrix and for the proof of the model."""
    curves: list[Path]
    seed: int


def finish(
    fitted: Fitted, judge: Judge, work: Path, folder: Path, training: dict[str, Any], progress: Progress
) -> ModelFolder:
    """Calibrate, choose thresholds, and write the model folder.

    Parameters
    ----------
    fitted
        The network.
    judge
        What it is calibrated and judged by.
    work
        Folder for what is passed to other processes.
    folder
        The model's folder; made in one step when all of it is written.
    training
        What the card tells of the training: command, parameters, data.
    progress
        Told after every movie.
    """
    model, card = fitted.model, fitted.card
    columns = card.event_columns
    network = work / "calibrated.onnx"
    write_onnx(model, network)
    if judge.calibrated:
        temperature, scored = 1.0, judge.scored(Network(network, card), progress, half=False)
        columns, bias = judge.raised(scored, card)
        scored = [validation.calibrated(m, temperature, bias, columns) for m in scored]
    else:
        temperature, bias = validation.fit_calibration(judge.scored(Network(network, card), progress, half=True), card)
    calibrate_head(model, temperature, bias, columns)
    write_onnx(model, network)
    if not judge.calibrated:
        # Scored again as detection will do it: which sequences are in doubt depends on the calibrated answer.
        scored = judge.scored(Network(network, card), progress, half=False)
        card = card.model_copy(update={"event_share": validation.event_share(scored)})
    rule, table = judge.choose(scored, card)
    k = int(np.abs(validation.THRESHOLDS - rule.threshold).argmin())
    held, ids = fitted.held, np.array([c.id for c in card.classes])
    said = ids[KerasClassifier(model).predict(centred(held.x, card.config.frames)).argmax(axis=1)]
    card = card.model_copy(
        update={
            "threshold": rule.threshold,
            "nu": rule.nu,
            "spread_radius": rule.spread_radius,
            "repeat_frames": rule.repeat_frames,
        }
    )
    card = card.model_copy(
        update={
            "training": {
                **training,
                "calibration": {"temperature": round(temperature, 4), "event_bias": round(bias, 4)},
                "versions": {"ivea": __version__, "python": platform.python_version(), "numpy": np.__version__},
            },
            "metrics": {
                "held_out_samples": len(held),
                "held_out_accuracy": round(float((said == held.label).mean()), 4) if len(held) else None,
                **judge.metrics(scored, table, k, card),
            },
        }
    )  # fmt: skip
    rows = np.random.default_rng(fitted.seed).permutation(len(held))[:_PROOFS]
    made = work / "model"
    card = write_model(model, card, centred(held.x[np.sort(rows)], card.config.frames), made, network)
    draw_report(fitted.curves, confusion(held.label, said, ids.tolist()), table, card, made / "report.png")
    _put(made, folder, work / "replaced")
    return ModelFolder(folder)


def _put(made: Path, folder: Path, old: Path) -> None:
    """Move a written model into its place; one of the same training that is there goes only when it is replaced."""
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
