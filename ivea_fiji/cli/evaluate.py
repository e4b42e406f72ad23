"""``ivea evaluate``: compare an event table with the truth."""

from __future__ import annotations

from ivea_fiji.cli.console import Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.params.evaluation import EvaluationParams

EvaluationOptions = options(EvaluationParams)
"""Type of the options of this command."""


def evaluate(
    events: str,
    truth: str,
    /,
    *,
    params: EvaluationOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Match found with true events one to one and give precision, recall, F1 and the misses.

    Parameters
    ----------
    events
        Table of found events, '<movie>_events.csv'.
    truth
        Table of true events, '<movie>_truth.csv' as `ivea simulate` writes it, or another event table.
    """
    from ivea_fiji.evaluation import evaluate_files

    talk = talk or Talk()
    chosen = declared(EvaluationParams, params)
    report = evaluate_files(events, truth, chosen)
    talk.say(report.to_text())
    talk.data(report.to_dict())
