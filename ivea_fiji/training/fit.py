"""Fit an eViT to samples: schedule, loss, checkpoints (Keras)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ivea_fiji.progress import Progress, step
from ivea_fiji.training.batches import augmented, centred, one_hot
from ivea_fiji.training.dataset import Samples


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns."""

    epochs: int = 20
    batch: int = 64
    """Small: at equal samples, twice the steps measured better than half of them."""
    rate: float = 1e-3
    """Highest learning rate; rises over the first 3 % of the steps and falls as a cosine."""
    decay: float = 1e-4
    """Weight decay."""
    seed: int = 1


class _Batches(keras.utils.PyDataset):
    """Augmented batches; the same seed and epoch give the same batches."""

    def __init__(self, samples: Samples, class_ids: tuple[int, ...], frames: int, schedule: Schedule) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self._samples, self._ids, self._frames, self._schedule = samples, class_ids, frames, schedule
        self._weight = _class_weights(samples.label, class_ids)
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng([self._schedule.seed, epoch]).permutation(len(self._samples))

    def __len__(self) -> int:
        return max(len(self._samples) // self._schedule.batch, 1)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        size = self._schedule.batch
        rows = np.sort(self._order[index * size : (index + 1) * size])
        rng = np.random.default_rng([self._schedule.seed, self._epoch, index])
        target = one_hot(self._samples.label[rows], self._ids)
        return augmented(self._samples.x[rows], self._frames, rng), target, target @ self._weight


def _class_weights(label: np.ndarray, class_ids: tuple[int, ...]) -> np.ndarray:
    """Weigh rare classes up, by the root of how rare they are, within a factor of 3."""
    counts = np.array([max((label == c).sum(), 1) for c in class_ids], float)
    weight = np.sqrt(counts.mean() / counts).clip(1 / 3, 3)
    return (weight / (weight * counts).sum() * counts.sum()).astype(np.float32)


def event_loss(class_ids: tuple[int, ...]) -> Any:
    """Return cross-entropy over all classes plus that of being a fusion at all, which is what counts most."""
    is_event = np.array([c >= 0 for c in class_ids], np.float32)

    def loss(target: Any, answer: Any) -> Any:
        answer = ops.clip(answer, 1e-6, 1 - 1e-6)
        kinds = -ops.sum(target * ops.log(answer), axis=-1)
        true, said = ops.sum(target * is_event, axis=-1), ops.sum(answer * is_event, axis=-1)
        said = ops.clip(said, 1e-6, 1 - 1e-6)
        return kinds - 2.0 * (true * ops.log(said) + (1 - true) * ops.log(1 - said))

    return loss


def fit(
    model: keras.Model, samples: Samples, held_out: Samples, class_ids: tuple[int, ...], frames: int,
    schedule: Schedule, folder: Path, progress: Progress,
) -> None:
    """Train `model` in place; a run that was interrupted goes on from its last epoch.

    Parameters
    ----------
    model
        From `build_evit`, fresh or already trained.
    samples, held_out
        Training and validation samples, from different movies.
    class_ids
        Class id of each output.
    frames
        Frames of the network.
    schedule
        Epochs, batch, rates, seed.
    folder
        Gets `training.csv` (one row per epoch) and the checkpoint to resume from.
    progress
        Told after every epoch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = _Batches(samples, class_ids, frames, schedule)
    steps = len(data) * schedule.epochs
    rate = keras.optimizers.schedules.CosineDecay(
        schedule.rate * 0.02, max(int(0.97 * steps), 1), alpha=0.01, warmup_target=schedule.rate,
        warmup_steps=max(int(0.03 * steps), 1),
    )  # fmt: skip
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=schedule.decay, clipnorm=1.0),
        loss=event_loss(class_ids),
        weighted_metrics=["categorical_accuracy"],
    )
    check = (centred(held_out.x, frames), one_hot(held_out.label, class_ids)) if len(held_out) else None
    model.fit(
        data,
        epochs=schedule.epochs,
        validation_data=check,
        verbose=0,
        shuffle=False,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: data.start_epoch(epoch),
                on_epoch_end=lambda epoch, logs: step(progress, "training", epoch + 1, schedule.epochs),
            ),
            keras.callbacks.CSVLogger(str(folder / "training.csv"), append=True),
            keras.callbacks.BackupAndRestore(str(folder / "resume")),
        ],
    )
