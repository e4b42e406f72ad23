"""``ivea refine``: adapt a network to labelled events, or train one on them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.errors import Cancelled, ParameterError
from ivea_fiji.params.refine import RefineParams

RefineOptions = options(RefineParams)
"""Type of the options of this command."""


def refine(
    *labels: str,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP)] = "",
    params: RefineOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Adapt a model to labelled events, or train a new one on them; takes minutes.

    Parameters
    ----------
    labels
        Folders of movies with label files, movies, label files, or data sets (.h5).
    out
        Folder in which the model's folder is made; left out, that of your models, where every command finds it. A run
        that was stopped goes on where it was when the same command is given again.
    """
    from ivea_fiji.networks.registry import user_models
    from ivea_fiji.training.refine import refine as run

    talk = talk or Talk()
    chosen = declared(RefineParams, params)
    if not labels:
        raise ParameterError("Name what to learn from: a folder of labelled movies, a label file, or a data set (.h5).")
    with talk.progress() as bar:
        try:
            made = run(labels, out or user_models(), chosen, progress=bar)
        except Cancelled as stop:
            raise Cancelled("stopped; the same command goes on from here") from stop
    for note in made.notes:
        talk.note(note)
    card = made.folder.card
    talk.say(made.sentence)
    talk.say(f"  {card.title}; threshold {card.limit(0, second_look=True):g}; {card.metrics['held_out']}")
    talk.say(f"  {made.folder.path}")
    talk.say(f"  use it: ivea random MOVIE --model {made.folder.path if out else card.name}")
    talk.data({
        "model": card.name, "folder": made.folder.path, "before": made.before, "after": made.after,
        "notes": list(made.notes),
    })  # fmt: skip
