"""All modules, in the order of the menu. A module appears everywhere by adding its declaration here."""

from __future__ import annotations

from typing import Any

from ivea_fiji.commands import hotspot, random, stationary
from ivea_fiji.commands.module import Module
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.results.record import RANDOM_BURSTS

MODULES: dict[str, Module[Any, Any]] = {
    module.name: module for module in (random.MODULE, stationary.MODULE, hotspot.MODULE)
}


def find_module(name: str) -> Module[Any, Any]:
    """Return the module of a name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if name not in MODULES:
        raise ParameterError(f"There is no module '{name}'; there is {', '.join(MODULES)}.")
    return MODULES[name]


def module_of(record: dict[str, Any]) -> Module[Any, Any]:
    """Return the module of a run record; of one that names none, random bursts.

    Raises
    ------
    ParameterError
        If the record is of something else.
    """
    name = record.get("module", RANDOM_BURSTS)
    if name not in MODULES:
        raise ParameterError(f"The run record is of '{name}', which cannot be repeated; only event searches can.")
    return MODULES[name]


def params_from_record(record: dict[str, Any]) -> MovieParams:
    """Return the parameters of a recorded run.

    Raises
    ------
    ParameterError
        If the record is of something else, or a parameter is unknown or impossible.
    """
    params: MovieParams = module_of(record).params.make(**record["parameters"])
    return params
