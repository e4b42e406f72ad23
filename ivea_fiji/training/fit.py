"""Fit an eViT to samples: schedule, loss, early stop, checkpoints (Keras). Every training goes this way."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, step
from ivea_fiji.training.batches import augmented, centred, one_hot
from ivea_fiji.training.dataset import Samples, join
from ivea_fiji.training.freeze import Parts, Trainable, features_of, take_apart

CURVES = "training.csv"
BEST = "best.weights.h5"
_LOSS_SHARE = 0.01
"""Part of the held-out loss that is taken off F1, so that of checkpoints as good the surer one is kept."""
_MOST_FEATURES = 40_000
"""Sequences whose features are kept; of more samples, fewer copies."""
_CHANCES = np.linspace(0.05, 0.95, 19)


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
    trainable: Trainable = "fresh"
    copies: int = 4
    """Augmented copies of each sample whose features are kept, where a part of the network is frozen."""
    patience: int = 0
    """Epochs without a better event F1 after which learning ends, with the best epoch's weights; 0 goes to the end."""


class _Batches(keras.utils.PyDataset):
    """Augmented batches; the same seed and epoch give the same batches."""

    def __init__(
        self, samples: Samples, class_ids: tuple[int, ...], frames: int, schedule: Schedule,
        taken: NDArray[np.int64] | None = None, unchanged: NDArray[np.bool_] | None = None,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self._x, self._frames, self._schedule = samples.x, frames, schedule
        self._taken = np.arange(len(samples)) if taken is None else taken
        label = samples.label[self._taken]
        self._target = one_hot(label, class_ids)
        self._weight = self._target @ _class_weights(label, class_ids)
        self._features: NDArray | None = None
        self._unchanged = np.zeros(len(self._taken), bool) if unchanged is None else unchanged[self._taken]
        self._weight = np.where(self._unchanged, np.float32(1), self._weight)
        self._answers: NDArray | None = None
        self.start_epoch(0)

    def keep_features(self, parts: Parts, progress: Progress) -> None:
        """Let the frozen part see augmented copies of all samples once, instead of every epoch anew.

        The answers that shall not change are those of the network before it learns.
        """
        if parts.frozen is None:
            if self._unchanged.any():
                seen = centred(self._x[self._taken[self._unchanged]], self._frames)
                self._target[self._unchanged] = parts.learning.predict(seen, batch_size=256, verbose=0)
            return
        rng = np.random.default_rng([self._schedule.seed, 77])
        n = len(self._taken)
        copies = int(np.clip(_MOST_FEATURES // max(n, 1), 1, self._schedule.copies))

        def make(rows: slice) -> NDArray[np.float32]:
            return augmented(self._x[self._taken[np.arange(rows.start, rows.stop) % n]], self._frames, rng)

        features = features_of(parts.frozen, make, n * copies, progress, "features")
        self._features = features.reshape(copies, n, *features.shape[1:])
        if self._unchanged.any():
            answers = parts.learning.predict(features.astype(np.float32), batch_size=256, verbose=0)
            self._answers = np.where(self._unchanged[:, None], answers.reshape(copies, n, -1), self._target)

    def start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng([self._schedule.seed, epoch]).permutation(len(self._taken))

    def __len__(self) -> int:
        return max(len(self._taken) // self._schedule.batch, 1)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        size = self._schedule.batch
        rows = np.sort(self._order[index * size : (index + 1) * size])
        rng = np.random.default_rng([self._schedule.seed, self._epoch, index])
        if self._features is None:
            return augmented(self._x[self._taken[rows]], self._frames, rng), self._target[rows], self._weight[rows]
        copy = rng.integers(0, len(self._features), len(rows))
        target = self._target[rows] if self._answers is None else self._answers[copy, rows]
        return self._features[copy, rows].astype(np.float32), target, self._weight[rows]


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


def event_f1(chances: Sequence[NDArray], events: Sequence[NDArray]) -> float:
    """Return the mean F1 of events among the samples of each group, at the one threshold that serves them best.

    Parameters
    ----------
    chances
        Probability of being an event, ``(n,)`` per group.
    events
        Whether it is one, ``(n,)`` per group. Groups without any event do not count.
    """
    rows = [_f1(c, e) for c, e in zip(chances, events, strict=True) if e.any()]
    return float(np.mean(rows, axis=0).max()) if rows else 0.0


def _f1(chance: NDArray, event: NDArray) -> NDArray[np.float64]:
    said = chance[None] >= _CHANCES[:, None]
    hits = (said & event).sum(axis=1)
    return 2 * hits / (said.sum(axis=1) + event.sum())


class _HeldOut(keras.callbacks.Callback):
    """Measures event F1 on held-out samples after every epoch, for the callbacks that come after it."""

    def __init__(self, x: NDArray, groups: Sequence[Samples], class_ids: tuple[int, ...]) -> None:
        super().__init__()
        self._x, self._groups = x, groups
        self._columns = [k for k, c in enumerate(class_ids) if c >= 0]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if len(self._x):
            chance = self.model.predict(self._x, batch_size=256, verbose=0)[:, self._columns].sum(axis=1)
            parts = np.split(chance, np.cumsum([len(g) for g in self._groups])[:-1])
            logs["event_f1"] = event_f1(parts, [g.label >= 0 for g in self._groups])
            logs["score"] = logs["event_f1"] - _LOSS_SHARE * logs["val_loss"]


class _Tell(keras.callbacks.Callback):
    """Tells the listener of every epoch, when all of it is kept; whoever stops goes on behind it."""

    def __init__(self, epochs: int, progress: Progress) -> None:
        super().__init__()
        self._epochs, self._progress = epochs, progress

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        f1 = f", F1 {logs['event_f1']:.3f}" if "event_f1" in logs else ""
        step(self._progress, f"training, loss {logs['loss']:.3f}{f1}", epoch + 1, self._epochs)


def fit(
    model: keras.Model, samples: Samples, held_out: Sequence[Samples], class_ids: tuple[int, ...], frames: int,
    schedule: Schedule, folder: Path, progress: Progress, *, taken: NDArray[np.int64] | None = None,
    unchanged: NDArray[np.bool_] | None = None,
) -> None:
    """Train `model` in place; a run that was interrupted goes on from its last epoch.

    Parameters
    ----------
    model
        From `build_evit`, fresh or already trained.
    samples
        Training samples.
    held_out
        Groups of samples from other movies, or none; event F1 is the mean over the groups.
    class_ids
        Class id of each output.
    frames
        Frames of the network.
    schedule
        Epochs, batch, rates, seed, what learns, when to stop early.
    folder
        Gets `training.csv` (one row per epoch) and the checkpoint to resume from.
    progress
        Told after every epoch: loss and event F1.
    taken
        Rows of `samples` to learn from, some more than once and augmented anew each time; all once if None.
    unchanged
        Samples ``(n,)`` of which the network shall say what it says now, whatever their labels (learning without
        forgetting, Li & Hoiem 2016); none if None.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = take_apart(model, schedule.trainable)
    data = _Batches(samples, class_ids, frames, schedule, taken, unchanged)
    data.keep_features(parts, progress)
    groups = [g for g in held_out if len(g)]
    check, validation = _check(parts, groups, class_ids, frames, progress)
    steps = len(data) * schedule.epochs
    rate = keras.optimizers.schedules.CosineDecay(
        schedule.rate * 0.02, max(int(0.97 * steps), 1), alpha=0.01, warmup_target=schedule.rate,
        warmup_steps=max(int(0.03 * steps), 1),
    )  # fmt: skip
    parts.learning.compile(
        keras.optimizers.AdamW(rate, weight_decay=schedule.decay, clipnorm=1.0),
        loss=event_loss(class_ids),
        weighted_metrics=["categorical_accuracy"],
    )
    curve = keras.callbacks.CSVLogger(str(folder / CURVES), append=True)
    try:
        parts.learning.fit(
            data,
            epochs=schedule.epochs,
            validation_data=validation,
            verbose=0,
            shuffle=False,
            callbacks=[
                keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: data.start_epoch(epoch)),
                _HeldOut(check, groups, class_ids),
                curve,
                *_early_stop(folder, schedule, bool(groups)),
                keras.callbacks.BackupAndRestore(str(folder / "resume")),
                _Tell(schedule.epochs, progress),
            ],
        )
    finally:  # Keras closes it only if nobody stops
        if curve.csv_file is not None:
            curve.csv_file.close()
    if schedule.patience and groups and (folder / BEST).exists():
        parts.learning.load_weights(folder / BEST)


def _check(
    parts: Parts, groups: Sequence[Samples], class_ids: tuple[int, ...], frames: int, progress: Progress
) -> tuple[NDArray, Any]:
    """Return what the learning part sees of the held-out samples, and the same with targets, groups weighing alike."""
    held = join(list(groups))
    if not len(held):
        return np.zeros((0, frames)), None

    def make(rows: slice) -> NDArray[np.float32]:
        return centred(held.x[rows], frames)

    if parts.frozen is None:
        x = make(slice(0, len(held)))
    else:
        x = features_of(parts.frozen, make, len(held), progress, "features").astype(np.float32)
    weight = np.concatenate([np.full(len(g), len(held) / (len(groups) * len(g)), np.float32) for g in groups])
    return x, (x, one_hot(held.label, class_ids), weight)


def _early_stop(folder: Path, schedule: Schedule, checked: bool) -> list[Any]:
    """Return what keeps the best epoch and ends a training that no longer becomes better."""
    if not (schedule.patience and checked):
        return []
    best = max((float(row["score"]) for row in read_curve(folder / CURVES) if row.get("score")), default=None)
    return [
        keras.callbacks.ModelCheckpoint(
            str(folder / BEST), monitor="score", mode="max", save_best_only=True, save_weights_only=True,
            initial_value_threshold=best,
        ),
        keras.callbacks.EarlyStopping(monitor="score", mode="max", patience=schedule.patience, baseline=best),
    ]  # fmt: skip


def read_curve(path: Path) -> list[dict[str, str]]:
    """Return the rows of a `training.csv`, none if it is not there."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
