"""The description of a model by the scheme of the BioImage Model Zoo (bioimage.io, model 0.5), for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ivea_fiji.networks.card import CARD, ModelFolder, sha256
from ivea_fiji.networks.checks import read_sample, sample_shape
from ivea_fiji.networks.onnx_check import check_onnx
from ivea_fiji.version import __version__

DESCRIPTION = "bioimageio.yaml"
README = "README.md"
TEST_INPUT, TEST_OUTPUT = "test_input.npy", "test_output.npy"
_PAPER = {"text": "IVEA: intelligent vesicle exocytosis analysis", "doi": "10.1038/s41467-025-61579-3"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+- ()")


def write_description(model: ModelFolder, folder: Path, authors: Sequence[str] = ()) -> list[str]:
    """Write what other programs need beside the files of a model; return the names of the new files.

    Parameters
    ----------
    model
        The model, checked.
    folder
        Where a copy of its files lies.
    authors
        Who made it.
    """
    patches, answer = read_sample(model)
    np.save(folder / TEST_INPUT, patches.astype(np.float32) / 255)
    np.save(folder / TEST_OUTPUT, answer.astype(np.float32))
    (folder / README).write_text(_readme(model), encoding="utf-8")
    text = to_yaml(_describe(model, folder, authors))
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
    return [TEST_INPUT, TEST_OUTPUT, README, DESCRIPTION]


def _describe(model: ModelFolder, folder: Path, authors: Sequence[str]) -> dict[str, Any]:
    card = model.card
    onnx = next(name for name in card.files if name.endswith(".onnx"))
    rest = [CARD, *(name for name in card.files if name != onnx)]
    return {
        "type": "model",
        "format_version": "0.5.3",
        "name": _plain(f"IVEA {card.name}"),
        "description": f"{card.title}. {card.description}"[:1000],
        "authors": [{"name": name} for name in authors or ("not stated",)],
        "cite": [_PAPER],
        "license": card.licence,
        "documentation": README,
        "version": card.version,
        "tags": ["exocytosis", "fluorescence-light-microscopy", "event-classification", "ivea"],
        "inputs": [{
            "id": "patches",
            "description": "Sequences around candidate events, each scaled to 0-1, the peak at the frame "
                           f"{card.before} counted from 0.",
            "axes": [{"type": "batch"}, *_axes(sample_shape(card))],
            "data": {"type": "float32", "range": [0, 1]},
            "test_tensor": _file(folder, TEST_INPUT),
        }],
        "outputs": [{
            "id": "probabilities",
            "description": "Probability of each class.",
            "axes": [{"type": "batch"}, {"type": "channel", "channel_names": [entry.name for entry in card.classes]}],
            "data": {"type": "float32", "range": [0, 1]},
            "test_tensor": _file(folder, TEST_OUTPUT),
        }],
        "weights": {"onnx": {**_file(folder, onnx), "opset_version": check_onnx(folder / onnx)}},
        "attachments": [_file(folder, name) for name in rest],
        "config": {"ivea": {
            "program": f"ivea-fiji {__version__}", "threshold": card.threshold, "parent": card.parent,
            "class_ids": [entry.id for entry in card.classes],
        }},
    }  # fmt: skip


def _axes(shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the axes of what a network is given: frames of a patch, or the curves of regions."""
    if len(shape) == 3:
        names = (("time", "time"), ("space", "y"), ("space", "x"))
        return [{"type": kind, "id": name, "size": n} for (kind, name), n in zip(names, shape, strict=True)]
    regions = [f"region_{k}" for k in range(1, shape[0] + 1)]
    return [{"type": "channel", "channel_names": regions}, {"type": "time", "id": "time", "size": shape[1]}]


def _file(folder: Path, name: str) -> dict[str, str]:
    return {"source": name, "sha256": sha256(folder / name)}


def _plain(name: str) -> str:
    return "".join(c if c in _PLAIN else "-" for c in name)[:128]


def _readme(model: ModelFolder) -> str:
    card = model.card
    classes = "\n".join(f"- {entry.id}: {entry.title}" for entry in card.classes)
    return (
        f"# {card.name} {card.version}\n\n{card.title}\n\n{card.description}\n\n## Classes\n\n{classes}\n\n"
        f"An event is reported from a probability of {card.threshold:g}.\n\n"
        f"## Validation\n\n{_measured(card.metrics)}\n\n"
        "## Use\n\n`ivea models import` this zip, or Plugins > IVEA > Manage Models... in Fiji.\n"
    )


def _measured(metrics: Mapping[str, Any]) -> str:
    """Return the figures of a card, as it tells them."""
    rows = [f"- {key}: {value}" for key, value in metrics.items() if isinstance(value, str | int | float)]
    return "\n".join(rows) or "Nothing was measured, or the card tells it in tables only."


def to_yaml(value: Any, indent: int = 0) -> str:
    """Return plain data as YAML in block style; texts are quoted as in JSON, which YAML understands."""
    pad = "  " * indent
    if isinstance(value, Mapping):
        return "".join(f"{pad}{key}:{_inline(item, indent)}" for key, item in value.items())
    if isinstance(value, list):
        lines = []
        for item in value:
            text = to_yaml(item, indent + 1) if isinstance(item, Mapping | list) and item else ""
            lines.append(f"{pad}- {text.lstrip()}" if text else f"{pad}- {json.dumps(item)}\n")
        return "".join(lines)
    raise TypeError(f"{type(value).__name__} is no block")


def _inline(item: Any, indent: int) -> str:
    if isinstance(item, Mapping | list) and item:
        return "\n" + to_yaml(item, indent + 1)
    return f" {json.dumps(item, ensure_ascii=False)}\n"
