"""Compare Annotators: how far two people agree about a movie, and one label file made of both."""

from __future__ import annotations

from pathlib import Path

from ivea_fiji.commands.base import Command, ImageInput, Jump, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import ParameterError
from ivea_fiji.movie.image import Planes
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.dataset import AgreementParams
from ivea_fiji.progress import Progress


class LabelFiles(Params):
    """Whose labels are compared, and where both together go."""

    first_labels: str = field("", "First annotator", "Label file of one (.zip, .roi, .csv, .xml).", style="file")
    second_labels: str = field("", "Second annotator", "Label file of the other.", style="file")
    merged_file: str = field(
        "", "Merged labels", "ROI set (.zip) to write with the labels of both; empty writes none.", style="file"
    )
    output_folder: str = field(
        "", "Output folder", "Folder of the table; empty keeps it in a temporary folder.", style="directory"
    )


class CompareParams(AgreementParams, LabelFiles):
    """The comparison of two annotators as the menu offers it."""


def _run(params: CompareParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.datasets import compare_labels, write_merged
    from ivea_fiji.datasets.agreement import DISAGREEMENT_COLUMNS
    from ivea_fiji.datasets.report import write_rows
    from ivea_fiji.results.writer import write_whole

    if not params.first_labels or not params.second_labels:
        raise ParameterError("Name the label files of both annotators (first_labels, second_labels).")
    how = AgreementParams.make(**params.model_dump(include=set(AgreementParams.model_fields)))
    found = compare_labels(params.first_labels, params.second_labels, how)
    notes = [f"{line[0].upper()}{line[1:]}." for line in found.to_text().splitlines()]
    if params.merged_file:
        notes.append(f"The labels of both are in {write_merged(found, params.merged_file)}.")
    rows = found.disagreements()
    name = f"{Path(params.first_labels).stem}_disagreements.csv"
    with result_folder(params.output_folder) as folder:
        write_whole(folder, {name: lambda path: write_rows(path, DISAGREEMENT_COLUMNS, rows)})
    return Reply(
        message=f"{len(rows)} {'disagreement' if len(rows) == 1 else 'disagreements'} in {len(found.pairs)} places "
        "that both have marked, and what only one has.",
        notes=tuple(notes),
        folder=str(folder),
        temporary=not params.output_folder,
        tables=(Table("disagreements", "disagreements", str(folder / name)),),
        jump=Jump("disagreements", "frame", "x_px", "y_px"),
    )


COMMAND = Command(
    "compare_annotators",
    "Compare Annotators...",
    "Tell how far two people agree about the events of the movie that is open, and merge their labels.",
    CompareParams,
    image="movie",
    run=_run,
    plan=lambda params, image: Planes(1, 1, 1),  # no pixel is looked at
)
