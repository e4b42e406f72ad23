"""``ivea evaluate``: compare what was found with labels or with the truth of a simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.params.base import Params, combined
from ivea_fiji.params.evaluation import LabelParams
from ivea_fiji.params.random import RandomParams

if TYPE_CHECKING:
    from ivea_fiji.evaluation.labels import LabelReport

EvaluateParams = combined(
    "EvaluateParams", "The comparison, and the detection if it is done now.", RandomParams, LabelParams
)
EvaluateOptions = options(EvaluateParams)
"""Type of the options of this command."""
_TABLES = (".csv", ".tsv", ".txt", ".zip", ".roi")


def evaluate(
    events: str,
    truth: str,
    /,
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    params: EvaluateOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Match found with true events one to one and give precision, recall, F1 and the misses.

    Parameters
    ----------
    events
        Table of found events, '<movie>_events.csv', their ROIs, or the folder of their results, of any module; or a
        movie, whose random bursts are then found with the settings of the detection.
    truth
        True events: labels (ROIs whose names end in '_class_<k>', spots of TrackMate, or an annotation of
        ExoDeepFinder), '<movie>_truth.csv' as `ivea simulate` writes it, or another table of events.
    out
        Folder for tables of missed and false events, of what other thresholds give, and of settings that were tried.
    """
    talk = talk or Talk()
    made = _report(events, truth, declared(EvaluateParams, params), talk)
    talk.say(made.evaluation.to_text())
    for note in made.notes:
        talk.note(note)
    if out:
        files = made.write(Path(out), Path(events).stem)
        talk.say(f"  tables in {out}")
        talk.data({**made.to_dict(), "files": files})
        return
    talk.data(made.to_dict())


def _report(events: str, truth: str, params: Params, talk: Talk) -> LabelReport:
    from ivea_fiji.commands.detect import part
    from ivea_fiji.datasets.truth import read_truth
    from ivea_fiji.evaluation import read_marks
    from ivea_fiji.evaluation.files import is_results, reference_of
    from ivea_fiji.evaluation.labels import report_events, report_movie
    from ivea_fiji.movie import open_movie

    how = part(params, LabelParams)
    detection = part(params, RandomParams)
    if Path(events).suffix.lower() in _TABLES or is_results(Path(events).expanduser()):
        reference = reference_of(events, detection.pixel_size_um)
        true, labels = read_truth(truth, reference=reference)
        return report_events(read_marks(events, reference), true, labels, how)
    true, labels = read_truth(truth, reference=open_movie(events, detection).reference)
    with talk.progress() as bar:
        return report_movie(events, true, labels, detection, how, bar)
