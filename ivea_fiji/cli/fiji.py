"""``ivea fiji``: the menu Plugins > IVEA, put into a Fiji or ImageJ folder, looked after, and taken away."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ivea_fiji.cli.console import Talk
from ivea_fiji.errors import ParameterError

app = App(name="fiji", help="Put IVEA into the menu of Fiji or ImageJ.", help_format="plaintext")


@app.command
def install(
    folder: Path,
    /,
    *,
    check: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    uninstall: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    talk: Talk | None = None,
) -> int:
    """Put the menu Plugins > IVEA into a Fiji or ImageJ folder, or bring it up to date.

    Copies our jar and scripts and those libraries that are missing. Files of others are never changed.
    Fiji will start the Python that runs this command.

    Parameters
    ----------
    folder
        Folder of Fiji or ImageJ.
    check
        Change nothing; say what is missing or outdated, and exit with 1 if something is.
    uninstall
        Take everything away that was put there.
    """
    from ivea_fiji.fiji.install import check as check_host
    from ivea_fiji.fiji.install import install as install_into
    from ivea_fiji.fiji.install import uninstall as take_away
    from ivea_fiji.fiji.layout import find_host

    talk = talk or Talk()
    if check and uninstall:
        raise ParameterError("Give --check or --uninstall, not both.")
    host = find_host(folder)
    if check:
        faults = check_host(host)
        return report(faults, f"IVEA is installed in '{host.root}' and up to date.", talk)
    changes = take_away(host) if uninstall else install_into(host)
    for place in changes.removed:
        talk.say(f"removed  {place}")
    for place in changes.copied:
        talk.say(f"copied   {place}")
    for place in changes.kept:
        talk.note(f"A script had been changed; your version is kept as '{host.root / place}'.")
    if uninstall:
        talk.say(f"IVEA was taken out of '{host.root}'.")
    else:
        hint_about_python(talk)
        talk.say(f"IVEA is installed in '{host.root}'; {'start' if changes else 'nothing was to be done; start'} "
                 f"{host.name} (again) and look into the menu Plugins > IVEA.")  # fmt: skip
    talk.data({"host": str(host.root), "kind": host.kind, **vars(changes)})
    return 0


def report(faults: list[str], good: str, talk: Talk) -> int:
    """Tell what a check found; return the exit code."""
    for fault in faults:
        talk.say(fault)
    if not faults:
        talk.say(good)
    talk.data({"ok": not faults, "faults": faults})
    return int(bool(faults))


def hint_about_python(talk: Talk) -> None:
    """Tell what would keep the host from starting this Python's engine."""
    if importlib.util.find_spec("appose") is None:
        talk.note("The package 'appose' is missing in this Python; python -m pip install 'appose>=0.12,<0.13'.")
    try:
        metadata.distribution("ivea-fiji")
    except metadata.PackageNotFoundError:
        talk.note("ivea-fiji is run from its source folder; for Fiji to find it: python -m pip install -e .")
