"""Comparison of found events with true ones."""

from ivea_fiji.evaluation.files import read_marks
from ivea_fiji.evaluation.marks import Marks
from ivea_fiji.evaluation.matching import Counts, Matching, match_events
from ivea_fiji.evaluation.report import Evaluation, evaluate, evaluate_files

__all__ = ["Counts", "Evaluation", "Marks", "Matching", "evaluate", "evaluate_files", "match_events", "read_marks"]
