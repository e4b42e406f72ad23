"""Train an LSTM from nothing but seeds: simulate, fit, calibrate, choose a threshold, export."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ivea_fiji.errors import ParameterError
from ivea_fiji.events.classes import (
    ARTEFACTS,
    FUSION,
    LATENT,
    NO_CLOUD,
    SYNAPSE_ARTEFACTS,
    SYNAPSE_EVENTS,
    EventClass,
)
from ivea_fiji.events.suppression import SAME_SITE_FRAMES
from ivea_fiji.networks.card import ClassEntry, LstmConfig, ModelCard, ModelFolder
from ivea_fiji.params.training import LstmTrainingParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.synapses import regions
from ivea_fiji.training import curves
from ivea_fiji.training.dataset import Samples
from ivea_fiji.training.pool import in_processes
from ivea_fiji.training.run import need_keras, split
from ivea_fiji.training.store import is_stored, read_samples, write_samples


class _Make(Protocol):
    """Makes the samples of a training movie."""

    def __call__(self, seed: int, few: int = ...) -> Samples: ...


@dataclass(frozen=True)
class _Task:
    """What an LSTM learns for one module."""

    title: str
    before: int
    after: int
    events: tuple[EventClass, ...]
    artefacts: tuple[EventClass, ...]
    samples: _Make


def _tasks() -> dict[str, _Task]:
    # The makers are looked up when asked for, as they are pickled by name.
    return {
        "stationary": _Task(
            "Stationary bursts", regions.BEFORE, regions.AFTER, SYNAPSE_EVENTS, SYNAPSE_ARTEFACTS,
            curves.synapse_samples,
        ),
        "random": _Task(
            "Random bursts", curves.RANDOM_BEFORE, curves.RANDOM_AFTER, (FUSION, NO_CLOUD, LATENT), ARTEFACTS,
            curves.random_samples,
        ),
    }  # fmt: skip


def train_lstm(params: LstmTrainingParams, out: Path, progress: Progress | None = None) -> ModelFolder:
    """Train an LSTM on simulated movies and write it as a model folder.

    A run that was stopped goes on where it was when it is started again with the same parameters and folder.

    Parameters
    ----------
    params
        Module, movies, seeds, epochs.
    out
        Folder that gets the model ``<out>/<name>`` and what is needed to go on, ``<out>/<name>-work``.
    progress
        Told about movies and epochs.

    Raises
    ------
    MissingDependencyError
        TensorFlow is not installed.
    ParameterError
        The movies are too few to learn from.
    """
    keras, _ = need_keras()
    from ivea_fiji.networks.build import build_network
    from ivea_fiji.training.finish import Fitted, StockJudge, finish
    from ivea_fiji.training.fit import CURVES, Schedule, fit
    from ivea_fiji.training.synapse_judge import SynapseJudge

    progress = progress or Silent()
    work = out / f"{params.name}-work"
    work.mkdir(parents=True, exist_ok=True)
    card = _card(params)
    ids = tuple(c.id for c in card.classes)
    keras.utils.set_random_seed(params.weight_seed)
    model = build_network(card)
    samples = _samples(work / "samples", params, progress)
    taken, apart = split(samples, ids)
    if not len(taken):
        raise ParameterError("The training movies gave too few samples to learn from; ask for more movies.")
    held = samples.take(apart)
    weights = work / card.weights_file
    if weights.exists():
        model.load_weights(weights)
    else:
        schedule = Schedule(
            epochs=params.training_epochs, batch=params.batch, rate=params.training_rate, seed=params.weight_seed
        )
        fit(model, samples, [held], ids, card.config.frames, schedule, work, progress, taken=taken)
        model.save_weights(weights)
    kind: type[SynapseJudge] | type[StockJudge] = SynapseJudge if params.module == "stationary" else StockJudge
    fitted = Fitted(model, card, held, [work / CURVES], params.weight_seed)
    told = {"command": "ivea train-lstm " + _command(params), "parameters": params.model_dump()}
    return finish(
        fitted, kind(params.validation_movies, params.workers), work, out / params.name,
        {**told, "samples": len(taken)}, progress,
    )  # fmt: skip


def _card(params: LstmTrainingParams) -> ModelCard:
    task = _tasks()[params.module]
    classes = (*task.events, *task.artefacts)
    samples = task.before + task.after + 1
    return ModelCard(
        name=params.name, version="1.0.0", title=f"LSTM, {samples} frames",
        description=f"{task.title}: tells {', '.join(c.title for c in task.events)} from {len(task.artefacts)} "
        "artefacts by the curves of 13 regions.",
        module=params.module, architecture="lstm", config=LstmConfig(samples=samples), before=task.before,
        after=task.after, classes=tuple(ClassEntry(id=c.id, name=c.name, title=c.title) for c in classes),
        threshold=0.5, nu=4.0, spread_radius=1.0, repeat_frames=SAME_SITE_FRAMES, event_share=0.0, training={},
        metrics={}, files={},
    )  # fmt: skip


def _samples(path: Path, params: LstmTrainingParams, progress: Progress) -> Samples:
    """Return the samples of the training movies, kept on disk so that they are made once."""
    if is_stored(path):
        return read_samples(path)
    make = partial(_tasks()[params.module].samples, few=params.few)
    seeds = range(params.movie_seed, params.movie_seed + params.training_movies)
    return write_samples(path, in_processes(make, seeds, params.workers, progress, "movies"))


def _command(params: LstmTrainingParams) -> str:
    changed = params.model_dump(exclude_defaults=True)
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in changed.items()) + " --out models"
