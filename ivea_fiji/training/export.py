"""Write a trained network as a model folder: card, Keras weights, ONNX graph, and a sample that proves them."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.networks.build import build_network
from ivea_fiji.networks.card import CARD, SAMPLE, ModelCard, sha256


def calibrate_head(model: keras.Model, temperature: float, bias: float, columns: list[int]) -> None:
    """Fold the calibration into the last layer, so that every runtime gives calibrated probabilities."""
    head = model.get_layer("classes")
    kernel, offset = head.get_weights()
    offset = offset / temperature
    offset[columns] += bias
    head.set_weights([kernel / temperature, offset])


def write_onnx(model: keras.Model, path: Path) -> None:
    """Convert a Keras network to ONNX."""
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # the converter wants a network that has been called
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.export(str(path), format="onnx", verbose=False)


def write_model(
    model: keras.Model, card: ModelCard, sample: NDArray[np.float32], folder: Path, onnx: Path | None = None
) -> ModelCard:
    """Write a model folder.

    Parameters
    ----------
    model
        Calibrated network.
    card
        Everything but the checksums.
    sample
        A few sequences ``(n, frames, 32, 32)``, of an LSTM ``(n, 13, samples)``, scaled to 0-1, whose answers are kept
        to prove the model later.
    folder
        Where to write.
    onnx
        The graph of this network, if it has been converted already, which takes a while.

    Returns
    -------
    ModelCard
        With checksums, as written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A network that was trained carries its optimiser along; a fresh one has the weights alone.
    bare = build_network(card)
    bare.set_weights(model.get_weights())
    bare.save_weights(folder / card.weights_file)
    if onnx:
        shutil.copyfile(onnx, folder / card.onnx_file)
    else:
        write_onnx(model, folder / card.onnx_file)
    patches = np.rint(sample * 255).astype(np.uint8)
    answer: Any = model(patches.astype(np.float32) / 255, training=False)
    np.savez_compressed(folder / SAMPLE, patches=patches, probabilities=np.asarray(answer))
    files = {name: sha256(folder / name) for name in (card.weights_file, card.onnx_file, SAMPLE)}
    card = card.model_copy(update={"files": files})
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card
