"""All commands, in the order of the menu. A module appears in Fiji by adding its command here."""

from __future__ import annotations

from ivea_fiji.commands import batch, host, measure, models, random, simulate
from ivea_fiji.commands.base import Command

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        random.COMMAND,
        batch.COMMAND,
        measure.COMMAND,
        simulate.COMMAND,
        models.COMMAND,
        host.SET_UP_PYTHON,
        host.ABOUT,
    )
}
