"""Measurements: traces, kinetics and size of every event, and the summary of a movie."""

from ivea_fiji.measure.kinetics import measure_event, measure_events
from ivea_fiji.measure.spread import fit_spots, widening
from ivea_fiji.measure.summary import cumulative, summarise
from ivea_fiji.measure.traces import measure_windows, ring_radii

__all__ = [
    "cumulative",
    "fit_spots",
    "measure_event",
    "measure_events",
    "measure_windows",
    "ring_radii",
    "summarise",
    "widening",
]
