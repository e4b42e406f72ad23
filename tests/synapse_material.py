"""Small movies of synapses made by hand, and a network whose rule is known, for the tests of stationary bursts."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from movie_material import noise, spot

from ivea_fiji.events.classes import SYNAPSE_ARTEFACTS, SYNAPSE_EVENTS
from ivea_fiji.networks.card import ModelCard

SITES = ((20.0, 20.0), (20.0, 60.0), (48.0, 40.0), (76.0, 24.0), (76.0, 66.0))
"""Places of the synapses of `synapses`, rows and columns."""
CLASSES = (*SYNAPSE_EVENTS, *SYNAPSE_ARTEFACTS)
LEVEL, SD = 500.0, 10.0


def response(frames: int, start: int, end: int, rise: float = 4.0, decay: float = 20.0) -> np.ndarray:
    """Return what a stimulus from `start` to `end` does to a synapse: 0 before, 1 at its end."""
    t = np.arange(frames)
    up = np.where(t >= start, 1 - np.exp(-(np.minimum(t, end) - start + 1) / rise), 0)
    return up / up.max() * np.exp(-np.maximum(t - end, 0) / decay)


def flash(frames: int, start: int, decay: float = 15.0) -> np.ndarray:
    """Return a release: a step at `start` that decays."""
    t = np.arange(frames)
    return np.where(t >= start, np.exp(-(t - start) / decay), 0.0)


def synapses(
    courses: dict[int, np.ndarray], frames: int = 120, *, height: float = 150.0, rest: float = 100.0, seed: int = 0
) -> np.ndarray:
    """Return a movie ``(t, 96, 88)`` of five synapses that rest, and follow `courses` (by index of `SITES`)."""
    stack = noise(frames, 96, 88, level=LEVEL, sd=SD, seed=seed)
    for k, (y, x) in enumerate(SITES):
        course = rest + height * courses.get(k, np.zeros(frames))
        stack += course[:, None, None].astype(np.float32) * spot((96, 88), y, x, 1.7)
    return stack


class RuleNetwork:
    """Says fusion where the middle rises above its noise and its surroundings and stays up for some frames; else noise.

    What is still half as high 14 frames later was stimulated. What happens in the first frames of a movie, before
    which the first one is repeated, it takes for noise.
    """

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Return probabilities ``(n, 9)`` of curves ``(n, 13, 41)``."""
        core = vectors[:, 0] - vectors[:, 9:].mean(axis=1)
        change = core[:, 10:16].mean(axis=1) - core[:, :9].mean(axis=1)
        steps = np.median(np.abs(np.diff(core, axis=1)), axis=1) * 1.05 + 1e-6
        chance = 1 / (1 + np.exp(np.clip(-3 * (change / steps - 5.5), -50, 50)))
        chance[np.ptp(core[:, :8], axis=1) == 0] = 0
        lasts = core[:, 24:30].mean(axis=1) - core[:, :9].mean(axis=1) > 0.5 * change
        out = np.zeros((len(vectors), len(CLASSES)), np.float32)
        out[:, 0], out[:, 2] = np.where(lasts, 0, chance), np.where(lasts, chance, 0)
        out[:, len(SYNAPSE_EVENTS)] = 1 - chance
        return out


def rule_model(monkeypatch) -> None:
    """Put `RuleNetwork` in the place of the trained one."""
    from ivea_fiji import stationary_bursts

    # What decides nothing here is left out, and nothing is checked.
    card = ModelCard.model_construct(
        name="rule", version="1", files={}, architecture="lstm", classes=CLASSES, threshold=0.5, before=10, after=30,
        event_share=0.0, repeat_frames=12.0, module="stationary",
    )  # fmt: skip
    monkeypatch.setattr(stationary_bursts, "find_model_for", lambda module, name: SimpleNamespace(card=card))
    monkeypatch.setattr(stationary_bursts, "make_classifier", lambda *args: RuleNetwork())
