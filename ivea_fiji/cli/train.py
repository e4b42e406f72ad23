"""``ivea train``: make a network from simulated movies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.errors import Cancelled
from ivea_fiji.params.training import TrainingParams

TrainingOptions = options(TrainingParams)
"""Type of the options of this command."""


def train(
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP)],
    params: TrainingOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Train a network on simulated movies, from seeds to a model folder; takes hours.

    Parameters
    ----------
    out
        Folder in which the model's folder is made. A training that was stopped goes on where it was when the same
        command is given again.
    """
    from ivea_fiji.results.writer import check_writable
    from ivea_fiji.training.run import train as run

    talk = talk or Talk()
    chosen = declared(TrainingParams, params)
    check_writable(out)
    with talk.progress() as bar:
        try:
            folder = run(chosen, Path(out), bar)
        except Cancelled as stop:
            raise Cancelled("stopped; the same command goes on from here") from stop
    talk.say(f"{folder.card.name}: {folder.card.title}, threshold {folder.card.threshold:g}")
    talk.say(f"  {folder.path}")
    talk.say(f"  use it: ivea random MOVIE --model {folder.path}")
    talk.data({"model": folder.card.name, "folder": folder.path, "metrics": folder.card.metrics})
