"""IVEA for Fiji: find and classify exocytosis events in fluorescence time-lapse movies.

Everything a user needs is reachable from here and imported only when it is used, so that
``import ivea_fiji`` costs milliseconds.

>>> import ivea_fiji
>>> result = ivea_fiji.detect_random("movie.tif")  # doctest: +SKIP
>>> result.to_dataframe()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ivea_fiji.version import __version__

if TYPE_CHECKING:
    from ivea_fiji.commands.batch import process_folder
    from ivea_fiji.errors import (
        Cancelled,
        DatasetError,
        IveaError,
        MissingDependencyError,
        ModelError,
        MovieError,
        OutputError,
        ParameterError,
        TableError,
    )
    from ivea_fiji.evaluation import evaluate_files
    from ivea_fiji.events.model import Event, Result
    from ivea_fiji.hotspot_areas import detect_hotspots
    from ivea_fiji.hotspots.model import Hotspot, HotspotResult
    from ivea_fiji.movie.movie import Movie
    from ivea_fiji.movie.open import open_movie
    from ivea_fiji.params.batch import BatchParams
    from ivea_fiji.params.hotspot import HotspotParams
    from ivea_fiji.params.measure import MeasureParams
    from ivea_fiji.params.random import RandomParams
    from ivea_fiji.params.refine import RefineParams
    from ivea_fiji.params.simulation import SimulationParams
    from ivea_fiji.params.stationary import StationaryParams
    from ivea_fiji.random_bursts import detect_random
    from ivea_fiji.results.hotspot_writer import write_hotspot_areas
    from ivea_fiji.results.roi_writer import write_roi_traces
    from ivea_fiji.results.stationary_writer import write_stationary
    from ivea_fiji.results.writer import write_result
    from ivea_fiji.roi_traces import measure_rois
    from ivea_fiji.simulation.simulate import simulate
    from ivea_fiji.stationary_bursts import detect_stationary
    from ivea_fiji.training.judging import judge_by_labels
    from ivea_fiji.training.refine import refine

_HOME = {
    "Cancelled": "ivea_fiji.errors",
    "DatasetError": "ivea_fiji.errors",
    "IveaError": "ivea_fiji.errors",
    "MissingDependencyError": "ivea_fiji.errors",
    "ModelError": "ivea_fiji.errors",
    "MovieError": "ivea_fiji.errors",
    "OutputError": "ivea_fiji.errors",
    "ParameterError": "ivea_fiji.errors",
    "TableError": "ivea_fiji.errors",
    "BatchParams": "ivea_fiji.params.batch",
    "Event": "ivea_fiji.events.model",
    "Hotspot": "ivea_fiji.hotspots.model",
    "HotspotParams": "ivea_fiji.params.hotspot",
    "HotspotResult": "ivea_fiji.hotspots.model",
    "MeasureParams": "ivea_fiji.params.measure",
    "Movie": "ivea_fiji.movie.movie",
    "RandomParams": "ivea_fiji.params.random",
    "RefineParams": "ivea_fiji.params.refine",
    "Result": "ivea_fiji.events.model",
    "SimulationParams": "ivea_fiji.params.simulation",
    "StationaryParams": "ivea_fiji.params.stationary",
    "detect_hotspots": "ivea_fiji.hotspot_areas",
    "detect_random": "ivea_fiji.random_bursts",
    "detect_stationary": "ivea_fiji.stationary_bursts",
    "evaluate_files": "ivea_fiji.evaluation",
    "judge_by_labels": "ivea_fiji.training.judging",
    "measure_rois": "ivea_fiji.roi_traces",
    "open_movie": "ivea_fiji.movie.open",
    "process_folder": "ivea_fiji.commands.batch",
    "refine": "ivea_fiji.training.refine",
    "simulate": "ivea_fiji.simulation.simulate",
    "write_hotspot_areas": "ivea_fiji.results.hotspot_writer",
    "write_result": "ivea_fiji.results.writer",
    "write_roi_traces": "ivea_fiji.results.roi_writer",
    "write_stationary": "ivea_fiji.results.stationary_writer",
}

__all__ = [
    "BatchParams",
    "Cancelled",
    "DatasetError",
    "Event",
    "Hotspot",
    "HotspotParams",
    "HotspotResult",
    "IveaError",
    "MeasureParams",
    "MissingDependencyError",
    "ModelError",
    "Movie",
    "MovieError",
    "OutputError",
    "ParameterError",
    "RandomParams",
    "RefineParams",
    "Result",
    "SimulationParams",
    "StationaryParams",
    "TableError",
    "__version__",
    "detect_hotspots",
    "detect_random",
    "detect_stationary",
    "evaluate_files",
    "judge_by_labels",
    "measure_rois",
    "open_movie",
    "process_folder",
    "refine",
    "simulate",
    "write_hotspot_areas",
    "write_result",
    "write_roi_traces",
    "write_stationary",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'ivea_fiji' has no attribute '{name}'")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
