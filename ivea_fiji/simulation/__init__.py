"""Simulated movies with truth."""

from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent

__all__ = ["SimulatedMovie", "TrueEvent", "simulate"]
