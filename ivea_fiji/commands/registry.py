"""All commands, in the order of the menu. Those of the modules come from their declarations."""

from __future__ import annotations

from ivea_fiji.commands import (
    annotators,
    dataset,
    datasets,
    evaluate,
    host,
    judging,
    label,
    measure,
    models,
    simulate,
    train,
)
from ivea_fiji.commands.base import Command
from ivea_fiji.commands.batch import batch_command
from ivea_fiji.commands.detect import detect_command
from ivea_fiji.commands.modules import MODULES

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        *map(detect_command, MODULES.values()),
        *map(batch_command, MODULES.values()),
        measure.COMMAND,
        label.COMMAND,
        judging.JUDGE,
        judging.USE,
        judging.SAVE,
        annotators.COMMAND,
        dataset.COMMAND,
        datasets.COMMAND,
        evaluate.COMMAND,
        train.COMMAND,
        simulate.COMMAND,
        models.COMMAND,
        host.SET_UP_PYTHON,
        host.ABOUT,
    )
}
