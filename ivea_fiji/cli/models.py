"""``ivea models``: which networks are at hand, whether they are whole, what is known of one; export and import."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.errors import ModelError, ParameterError

app = App(name="models", help="List, verify, show, export, import, remove networks.", help_format="plaintext")


@app.default
@app.command(name="list")
def list_all(*, talk: Talk | None = None) -> None:
    """List the networks that can be used."""
    from ivea_fiji.networks.registry import list_models

    talk = talk or Talk()
    folders = list_models()
    for folder in folders:
        card = folder.card
        kinds = ", ".join(entry.name for entry in card.classes if entry.id >= 0)
        talk.say(f"{card.name} {card.version}: {card.title} ({card.config.frames} frames; {kinds})")
        talk.say(f"  {folder.path}")
    if not folders:
        talk.say("No model was found.")
    talk.data({"models": [_summary(folder.card, folder.path) for folder in folders]})


@app.command
def verify(name: str = "", /, *, talk: Talk | None = None) -> int:
    """Compare the files of one network or all with their checksums, and let it answer its sample.

    Parameters
    ----------
    name
        Name or folder of a network; all if left out.
    """
    from ivea_fiji.networks.registry import check_models

    talk = talk or Talk()
    report = check_models(name)
    for where, faults in report.items():
        talk.say(f"{where}: {'whole' if not faults else ' '.join(faults)}")
    if not report:
        raise ModelError("No model was found; install IVEA again.")
    bad = any(report.values())
    talk.data({"models": report, "ok": not bad})
    return int(bad)


@app.command
def show(name: str, /, *, talk: Talk | None = None) -> None:
    """Show what is known of a network: classes, threshold, how it was trained, how well it did.

    Parameters
    ----------
    name
        Name or folder of a network.
    """
    from ivea_fiji.networks.registry import find_model

    talk = talk or Talk()
    folder = find_model(name)
    card = folder.card
    talk.say(f"{card.name} {card.version}: {card.title}")
    talk.say(card.description)
    talk.say(f"  folder     {folder.path}")
    talk.say(f"  licence    {card.licence}")
    talk.say(f"  sees       {card.before} frames before the peak to {card.after} after")
    talk.say(f"  threshold  {card.limit(0, second_look=True):g}")
    talk.say("  classes")
    for entry in card.classes:
        talk.say(f"    {entry.id:3d}  {entry.title}")
    for title, facts in (("training", card.training), ("metrics", card.metrics)):
        talk.say(f"  {title}")
        for key, value in facts.items():
            talk.say(f"    {key}: {value}")
    talk.data(card.model_dump(mode="json") | {"folder": str(folder.path)})


@app.command
def export(
    name: str,
    out: str,
    /,
    *,
    author: tuple[str, ...] = (),
    replace: Annotated[bool, Parameter(negative=(), group=OUTPUT_GROUP, show_default=False)] = False,
    talk: Talk | None = None,
) -> None:
    """Write a network as a zip, with a description after bioimage.io, to give it to others.

    Parameters
    ----------
    name
        Name or folder of a network.
    out
        Zip to write, or a folder for it.
    author
        Who made it, for the description; may be given several times.
    replace
        Replace a file that is there already.
    """
    from ivea_fiji.networks.exchange import export_model

    talk = talk or Talk()
    path = export_model(name, out, authors=author, replace_existing=replace)
    talk.say(str(path))
    talk.data({"file": path})


@app.command(name="import")
def import_one(source: str, /, *, name: str = "", talk: Talk | None = None) -> None:
    """Check a network and copy it to where yours are kept; detection finds it there by its name.

    Parameters
    ----------
    source
        Zip or folder: of a network of IVEA for Fiji, or of the original program ('model_config.json' beside a
        SavedModel; needs TensorFlow).
    name
        What to call it; its own name if left out.
    """
    from ivea_fiji.networks.exchange import import_model

    talk = talk or Talk()
    folder = import_model(source, name)
    talk.say(f"{folder.card.name}: {folder.card.title}")
    talk.say(f"  {folder.path}")
    talk.say(f"  use it: ivea random MOVIE --model {folder.card.name}")
    talk.data(_summary(folder.card, folder.path))


@app.command
def remove(
    name: str,
    /,
    *,
    yes: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    talk: Talk | None = None,
) -> int:
    """Remove a network of yours; those that come with IVEA stay. Its folder is kept, so that you can have it back.

    Parameters
    ----------
    name
        Its name.
    yes
        Remove it without asking.
    """
    from ivea_fiji.networks.exchange import removable, remove_model

    talk = talk or Talk()
    folder = removable(name)
    if not yes and not _agreed(f"Remove the model in '{folder}'? (y/n) "):
        raise ParameterError(f"'{folder}' was not removed; say yes, or give --yes.")
    kept = remove_model(name)
    talk.say(f"{folder} was removed.")
    talk.say(f"  it is kept in {kept}")
    talk.say(f"  to have it back: ivea models import {shlex.quote(str(kept))}")
    talk.data({"removed": folder, "kept": kept})
    return 0


def _agreed(question: str) -> bool:
    """Ask on a terminal; elsewhere nobody can answer."""
    return sys.stdin.isatty() and input(question).strip().lower() in ("y", "yes")


def _summary(card: Any, path: Path) -> dict[str, Any]:
    names = ("name", "version", "title", "threshold", "licence")
    return {key: getattr(card, key) for key in names} | {
        "classes": [entry.name for entry in card.classes],
        "frames": card.config.frames,
        "folder": str(path),
    }
