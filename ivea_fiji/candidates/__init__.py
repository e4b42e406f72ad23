"""From a movie to candidates: where and when something changed."""

from ivea_fiji.candidates.detect import find_candidates
from ivea_fiji.candidates.thresholds import Thresholds, learn_thresholds

__all__ = ["Thresholds", "find_candidates", "learn_thresholds"]
