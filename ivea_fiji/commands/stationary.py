"""Stationary bursts as a module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ivea_fiji.commands.module import Count, Module, Source, number_of_events
from ivea_fiji.events.classes import BY_ID, SYNAPTIC_FUSION
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.progress import Progress
from ivea_fiji.results.stationary_columns import COLUMNS
from ivea_fiji.results.stationary_writer import STATIONARY_BURSTS, STATIONARY_FILES, write_stationary

if TYPE_CHECKING:
    from ivea_fiji.synapses.model import StationaryResult


def _detect(movie: Source, params: StationaryParams, progress: Progress) -> StationaryResult:
    from ivea_fiji.stationary_bursts import detect_stationary

    return detect_stationary(movie, params, progress=progress)


def _check(params: StationaryParams) -> Mapping[str, Any]:
    from ivea_fiji.stationary_bursts import check_settings

    return check_settings(params).told(params.confidence)


def _counts(result: StationaryResult) -> list[Count]:
    numbers = Counter(event.class_id for event in result.events)
    kinds = {**BY_ID, SYNAPTIC_FUSION.id: SYNAPTIC_FUSION}
    return [Count(kinds[one].name, kinds[one].title, number) for one, number in sorted(numbers.items())]


def _says(result: StationaryResult) -> str:
    number = len(result.sites)
    return f"{number_of_events(result)} at {number} {'synapse' if number == 1 else 'synapses'}"


MODULE: Module[StationaryParams, StationaryResult] = Module(
    name=STATIONARY_BURSTS,
    title="Stationary Bursts",
    help="Find synapses, classify and measure their activations, and tell those of stimuli apart.",
    events="activations of synapses",
    cli="stationary",
    python="detect_stationary",
    params=StationaryParams,
    detect=_detect,
    write=write_stationary,
    check=_check,
    files=STATIONARY_FILES,
    columns=COLUMNS,
    pooled=("events", "sites", "stimuli", "summary"),
    shown=("events", "sites", "stimuli", "summary", "traces"),
    counts=_counts,
    says=_says,
    imports=(
        "ivea_fiji.stationary_bursts", "ivea_fiji.results.stationary_overview", "ivea_fiji.results.stationary_writer",
    ),
)  # fmt: skip
