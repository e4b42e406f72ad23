"""Hotspot areas as a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ivea_fiji.commands.module import Module, Source, number_of_events
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.progress import Progress
from ivea_fiji.results.hotspot_columns import HOTSPOT_TABLES
from ivea_fiji.results.hotspot_writer import HOTSPOT_AREAS, HOTSPOT_FILES, write_hotspot_areas

if TYPE_CHECKING:
    from ivea_fiji.hotspots.model import HotspotResult


class HotspotOutput(Params):
    """Result files of hotspot areas that can be left out."""

    overview: bool = field(
        True, "Overview picture", "Draw a picture of the events, their traces and their areas.", advanced=True
    )
    heat_map: bool = field(
        True, "Heat map", "Draw a picture of how often and how long each place was active.", advanced=True
    )
    outlines: bool = field(
        True, "Outlines", "Write the outline of every event in every frame as ROIs.", advanced=True
    )


def _detect(movie: Source, params: HotspotParams, progress: Progress) -> HotspotResult:
    from ivea_fiji.hotspot_areas import detect_hotspots

    return detect_hotspots(movie, params, progress=progress)


def _check(params: HotspotParams) -> Mapping[str, Any]:
    from ivea_fiji.hotspot_areas import check_settings

    check_settings(params)
    return {}


def _says(result: HotspotResult) -> str:
    sites = len({event.site for event in result.events})
    where = f" at {sites} {'site' if sites == 1 else 'sites'}" if sites else ""
    return number_of_events(result) + where


MODULE: Module[HotspotParams, HotspotResult] = Module(
    name=HOTSPOT_AREAS,
    title="Hotspot Areas",
    help="Find places of a sensor layer that light up, spread and fade, track and measure them.",
    events="hotspot areas",
    cli="hotspots",
    python="detect_hotspots",
    params=HotspotParams,
    detect=_detect,
    write=write_hotspot_areas,
    check=_check,
    files=HOTSPOT_FILES,
    columns=HOTSPOT_TABLES,
    pictures=("overview", "heat_map"),
    output=HotspotOutput,
    says=_says,
    imports=("sklearn.cluster", "ivea_fiji.hotspot_areas", "ivea_fiji.results.hotspot_picture"),
)
