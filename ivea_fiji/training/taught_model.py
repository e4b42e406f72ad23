"""Write a model whose second look was taught and whose network is that of its parent."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ivea_fiji.networks.card import CARD, ModelCard, ModelFolder
from ivea_fiji.training.second_stage import write_stage
from ivea_fiji.training.stock import facts
from ivea_fiji.training.teaching import Taught


def scores_before_and_after(taught: Taught) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a card tells of the labelled places, before and after; there are no stock movies."""
    before: dict[str, Any] = {"own": facts(taught.found_before), "stock": None}
    return before, {"own": facts(taught.found_after), "stock": None} if taught.better else before


def write_taught(
    parent: ModelFolder, card: ModelCard, taught: Taught, folder: Path, work: Path, told: dict[str, Any]
) -> ModelFolder:
    """Write a model with a taught second look: all of it, or nothing.

    Parameters
    ----------
    parent
        Whose network it keeps.
    card
        Of the new model; its files, training and metrics are written here.
    taught
        The second look.
    folder
        The model's own folder, which must not be there.
    work
        Folder on the same disk for the files until all are written; it is removed.
    told
        What the card tells of the training.
    """
    before, after = scores_before_and_after(taught)
    metrics = {"held_out": "cross-validation over all labels", "before": before, "after": after}
    told = {**told, "parent_sha256": parent.card.files.get(parent.card.onnx_file, "")}
    draft = work / "model"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(parent.path, draft)
    card = card.model_copy(update={"files": parent.card.files, "training": told, "metrics": metrics})
    (draft / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    write_stage(taught.stage, taught.rows, draft, taught.facts, parent.card.second_threshold)
    draft.rename(folder)
    shutil.rmtree(work, ignore_errors=True)
    return ModelFolder(folder)
