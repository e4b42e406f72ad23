"""Random bursts as a module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ivea_fiji.commands.module import Count, Module, Source
from ivea_fiji.events.classes import BY_ID
from ivea_fiji.params.batch import BatchParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress
from ivea_fiji.results.columns import EVENT_COLUMNS, SUMMARY_COLUMNS, TRACE_COLUMNS
from ivea_fiji.results.record import RANDOM_BURSTS
from ivea_fiji.results.writer import RANDOM_FILES, write_result

if TYPE_CHECKING:
    from ivea_fiji.events.model import Result


def _detect(movie: Source, params: RandomParams, progress: Progress) -> Result:
    from ivea_fiji.random_bursts import detect_random

    return detect_random(movie, params, progress=progress)


def _check(params: RandomParams) -> Mapping[str, Any]:
    from ivea_fiji.random_bursts import check_settings

    return check_settings(params).told(params.confidence, params.second_look)


def _counts(result: Result) -> list[Count]:
    numbers = Counter((event.class_id, event.class_name) for event in result.events)
    return [Count(name, _title(one, name), number) for (one, name), number in sorted(numbers.items())]


def _title(class_id: int, name: str) -> str:
    """Return what people read of a class; models of users have classes of their own."""
    known = BY_ID.get(class_id)
    return known.title if known is not None and known.name == name else name.replace("_", " ")


MODULE: Module[RandomParams, Result] = Module(
    name=RANDOM_BURSTS,
    title="Random Bursts",
    help="Find single-vesicle events anywhere in the cell, classify and measure them.",
    events="single-vesicle events",
    cli="random",
    python="detect_random",
    params=RandomParams,
    detect=_detect,
    write=write_result,
    check=_check,
    files=RANDOM_FILES,
    columns={"events": EVENT_COLUMNS, "traces": TRACE_COLUMNS, "summary": SUMMARY_COLUMNS},
    counts=_counts,
    batch=("batch_process_folder", "Batch Process Folder..."),
    batch_cli="batch",
    batch_params=BatchParams,
    imports=("ivea_fiji.random_bursts", "ivea_fiji.results.overview", "ivea_fiji.results.writer"),
)
