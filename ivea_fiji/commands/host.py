"""Entries of the menu whose work the host does itself; they are declared here as the others are."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.commands.base import Command
from ivea_fiji.params.base import Params, field


class SetUpParams(Params):
    """Which Python runs the engine."""

    action: Literal["check", "use", "build"] = field(
        "check",
        "Action",
        "'check' tells which Python is used and whether it works; 'use' takes the environment named below from now on; "
        "'build' makes an environment of its own from the Python package index, which takes a few minutes.",
    )
    environment: str = field(
        "",
        "Environment",
        "Folder of a Python environment (venv or conda) in which ivea-fiji is installed, or its python program.",
        style="directory",
    )


class NoParams(Params):
    """Nothing to ask."""


SET_UP_PYTHON = Command(
    "set_up_python",
    "Set Up Python...",
    "Choose, check or build the Python environment that runs IVEA.",
    SetUpParams,
)
ABOUT = Command("about_ivea", "About IVEA", "Show version, licence, citation and the Python in use.", NoParams)
