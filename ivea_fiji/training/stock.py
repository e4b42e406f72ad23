"""What networks say of the simulated validation movies, worked out in processes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ivea_fiji.evaluation import Counts
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.runtime import OnnxClassifier
from ivea_fiji.progress import Progress
from ivea_fiji.training import validation
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.validation import Scored


@dataclass(frozen=True)
class Network:
    """A network on disk, as other processes load it."""

    onnx: Path
    card: ModelCard


def facts(counts: Counts) -> dict[str, float]:
    """Return counts as a card tells them."""
    return {
        "f1": round(counts.f1, 4), "precision": round(counts.precision, 4), "recall": round(counts.recall, 4),
        "false": counts.false,
    }  # fmt: skip


def score_stock(
    networks: Sequence[Network], count: int, workers: int, progress: Progress
) -> list[list[Scored]]:
    """Return what networks say of validation movies: a row per movie, a column per network."""
    return list(
        in_processes(partial(_score_one, networks=tuple(networks)), range(count), workers, progress, "validation")
    )


def _score_one(k: int, networks: Sequence[Network]) -> list[Scored]:
    group, sim = validation.validation_movie(k)
    return [validation.score(group, sim, n.card, OnnxClassifier(n.onnx, threads=1)) for n in networks]
