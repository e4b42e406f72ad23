"""Labels as the truth that a detection is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ivea_fiji.datasets.labels import Label, kind_of_table, read_labels
from ivea_fiji.errors import TableError
from ivea_fiji.evaluation.files import read_marks
from ivea_fiji.evaluation.marks import UNKNOWN_CLASS, Marks
from ivea_fiji.evaluation.tables import is_trackmate
from ivea_fiji.movie.rois import NO_MOVIE, ROI_SUFFIXES, Reference, shown_name
from ivea_fiji.results.rois import UNDECIDED


def read_truth(
    path: str | Path, chosen: Sequence[int] | None = None, reference: Reference = NO_MOVIE
) -> tuple[Marks, Marks]:
    """Read true events, and all that is labelled.

    Parameters
    ----------
    path
        Any file that `read_labels` takes.
    chosen
        Places (from 0) of the ROIs of the file that count; all if None.
    reference
        The movie the labels are for, as far as it is known.

    Returns
    -------
    truth, labels
        Events; and events and artefacts, without undecided places. Labels without a class are events.

    Raises
    ------
    IveaError
        If the file cannot be read, or a label belongs to no frame.
    """
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in (".xml", *ROI_SUFFIXES) and kind_of_table(path) != "objects":
        truth = read_marks(path, reference)  # tells more of events: how long they last, how visible they are
        found = read_labels(path, reference=reference)
        return truth, as_marks([label for label in found if label.class_id != UNDECIDED])
    found = read_labels(path, reference=reference)
    found = found if chosen is None else [label for label in found if label.roi - 1 in chosen]
    # An object whose class ExoDeepFinder's convention does not know is none.
    any_class = suffix in ROI_SUFFIXES or is_trackmate(path)
    labels = as_marks([k for k in found if k.class_id != UNDECIDED and (any_class or k.class_id is not None)])
    return labels[(labels.class_id >= 0) | (labels.class_id == UNKNOWN_CLASS)], labels


def as_marks(labels: list[Label]) -> Marks:
    """Return labels as rows that can be compared."""
    for label in labels:
        if label.frame < 1:
            raise TableError(f"The label '{shown_name(label.name)}' belongs to no frame; set its position in ImageJ.")
    return Marks.of(
        [k.frame - 1 for k in labels], [k.y for k in labels], [k.x for k in labels],
        class_id=[UNKNOWN_CLASS if k.class_id is None else k.class_id for k in labels],
        probability=[k.probability for k in labels],
    )  # fmt: skip
