"""Every user-visible parameter, declared once.

From these models come the command line, the run record, the reference page of the
documentation, and later the Fiji dialogs and macro keys.
"""

from ivea_fiji.params.base import Params, field
from ivea_fiji.params.evaluation import EvaluationParams
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.params.simulation import SimulationParams

__all__ = ["EvaluationParams", "MovieParams", "Params", "RandomParams", "SimulationParams", "field"]
