"""A small untrained network in a model folder, and a classifier that needs no network."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ivea_fiji.events.classes import ARTEFACTS, FUSION, LATENT, NO_CLOUD
from ivea_fiji.networks.card import CARD, ClassEntry, EvitConfig, ModelCard, ModelFolder

CLASSES = (FUSION, NO_CLOUD, LATENT, *ARTEFACTS)
SMALL = EvitConfig(filters=(4, 4, 8), features=8, heads=2)


def make_card(name: str = "tiny", **values) -> ModelCard:
    """Return the card of a 28-frame model."""
    given = {
        "name": name, "version": "0.1", "title": "tiny", "description": "Untrained.", "config": SMALL, "before": 13,
        "after": 14, "classes": tuple(ClassEntry(id=c.id, name=c.name, title=c.title) for c in CLASSES),
        "threshold": 0.5, "nu": 4.0, "spread_radius": 1.0, "repeat_frames": 3.0, "event_share": 0.0, "training": {},
        "metrics": {}, "files": {},
    }  # fmt: skip
    return ModelCard(**{**given, **values})


def write_card(folder: Path, **values) -> ModelFolder:
    """Write a model folder that holds a card and no network."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).write_text(make_card(folder.name, **values).model_dump_json(), encoding="utf-8")
    return ModelFolder(folder)


def write_tiny(folder: Path) -> ModelFolder:
    """Write an untrained network as a model folder; needs TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from ivea_fiji.networks.evit import build_evit
    from ivea_fiji.training.export import write_model

    keras.utils.set_random_seed(1)
    model = build_evit(SMALL, len(CLASSES))
    sample = np.random.default_rng(0).random((4, 28, 32, 32)).astype(np.float32)
    write_model(model, make_card(folder.name), sample, folder)
    return ModelFolder(folder)


class Rising:
    """Says of every sequence that becomes brighter at its middle that it is a fusion, and of others that it is not.

    Like a network it sees only sequences scaled to 0-1: the candidate must be centred in space and time.
    """

    def __init__(self, class_id: int = 0, chance: float = 0.9) -> None:
        self._column = [c.id for c in CLASSES].index(class_id)
        self._chance = chance

    def predict(self, patches: np.ndarray) -> np.ndarray:
        """Return probabilities ``(n, classes)``."""
        core = patches[:, :, 13:19, 13:19].mean(axis=(2, 3))
        rising = core[:, 13:15].mean(axis=1) - core[:, 4:10].mean(axis=1) > 0.15
        out = np.zeros((len(patches), len(CLASSES)), np.float32)
        out[:, [c.id for c in CLASSES].index(-1)] = 1
        out[rising] = 0
        out[rising, self._column] = self._chance
        out[rising, [c.id for c in CLASSES].index(-2)] = 1 - self._chance
        return out


__all__ = ["CLASSES", "SMALL", "Rising", "make_card", "write_card", "write_tiny"]
