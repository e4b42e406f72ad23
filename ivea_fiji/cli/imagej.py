"""``ivea imagej``: ImageJ with IVEA in its menu, for those without Fiji."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import Talk
from ivea_fiji.cli.fiji import hint_about_python, report
from ivea_fiji.errors import ParameterError


def imagej(
    files: list[Path] | None = None,
    /,
    *,
    check: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    talk: Talk | None = None,
) -> int:
    """Start ImageJ with the menu Plugins > IVEA; the first time it is fetched from Maven Central.

    It lies in your cache folder and leaves any other ImageJ or Fiji alone. The command ends when ImageJ is closed.

    Parameters
    ----------
    files
        Images to open.
    check
        Start nothing; say what is missing or outdated, and exit with 1 if something is.
    """
    from ivea_fiji.fiji.imagej import faults, imagej_folder, prepare, start

    talk = talk or Talk()
    if check:
        return report(faults(), f"ImageJ with IVEA is ready in '{imagej_folder()}'.", talk)
    absent = [file for file in files or [] if not file.exists()]
    if absent:
        raise ParameterError(f"There is no file '{absent[0]}'; check its name and folder.")
    host, changes = prepare()
    if changes:
        talk.say(f"ImageJ with IVEA was made in '{host.root}'.")
    hint_about_python(talk)
    return start(host, files or [])
