"""``ivea train`` and ``ivea train-lstm``: make a network from simulated movies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.errors import Cancelled
from ivea_fiji.params.base import Params
from ivea_fiji.params.training import LstmTrainingParams, TrainingParams

if TYPE_CHECKING:
    from ivea_fiji.networks.card import ModelFolder
    from ivea_fiji.progress import Progress

TrainingOptions, LstmOptions = options(TrainingParams), options(LstmTrainingParams)
"""Types of the options of these commands."""


def train(
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP)],
    params: TrainingOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Train an eViT on simulated movies, from seeds to a model folder; takes hours.

    Parameters
    ----------
    out
        Folder in which the model's folder is made. A training that was stopped goes on where it was when the same
        command is given again.
    """
    from ivea_fiji.training.run import train as run

    _train(run, declared(TrainingParams, params), out, talk or Talk())


def train_lstm(
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP)],
    params: LstmOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Train an LSTM for synapses (or for random bursts) on simulated movies; takes minutes to an hour.

    Parameters
    ----------
    out
        Folder in which the model's folder is made. A training that was stopped goes on where it was when the same
        command is given again.
    """
    from ivea_fiji.training.lstm import train_lstm as run

    _train(run, declared(LstmTrainingParams, params), out, talk or Talk())


def _train(run: Callable[[Any, Path, Progress], ModelFolder], chosen: Params, out: str, talk: Talk) -> None:
    from ivea_fiji.results.writer import check_writable

    check_writable(out)
    with talk.progress() as bar:
        try:
            folder = run(chosen, Path(out), bar)
        except Cancelled as stop:
            raise Cancelled("stopped; the same command goes on from here") from stop
    card = folder.card
    talk.say(f"{card.name}: {card.title}, threshold {card.threshold:g}")
    talk.say(f"  {folder.path}")
    talk.say(f"  use it: ivea {card.module} MOVIE --model {folder.path}")
    talk.data({"model": card.name, "folder": folder.path, "metrics": card.metrics})
