"""Build Training Dataset: samples of all labelled movies of a folder in one file."""

from __future__ import annotations

from pathlib import Path

from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.dataset import DatasetParams
from ivea_fiji.progress import Progress

_SHOWN = 8


class DatasetPlaces(Params):
    """Where labels are, and where the data set goes."""

    label_folder: str = field(
        "", "Folder of labelled movies", "Folder of movies and label files: 'cell.tif' has its labels in "
        "'cell_training_rois.zip' beside it or in its result folder.", style="directory",
    )
    dataset_file: str = field(
        "", "Data set", "File (.h5) to write; empty takes 'training.h5' in the folder of labelled movies.",
        style="file",
    )
    add_from: str = field(
        "", "Add from", "Another data set (.h5) whose samples are taken too, such as one made earlier.", style="file",
        advanced=True,
    )
    replace_existing: bool = field(
        False, "Replace existing", "Replace the data set if it is there already; otherwise it is left as it is."
    )


class BuildDatasetParams(DatasetParams, DatasetPlaces):
    """Data sets as the menu offers them."""


def _run(params: BuildDatasetParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.datasets import collect
    from ivea_fiji.datasets.report import write_report

    if not params.label_folder:
        raise ParameterError("Name the folder of labelled movies (label_folder).")
    folder = Path(params.label_folder).expanduser()
    out = Path(params.dataset_file).expanduser() if params.dataset_file else folder / "training.h5"
    out = out if out.suffix else out.with_suffix(".h5")
    chosen = DatasetParams.make(**params.model_dump(include=set(DatasetParams.model_fields)))
    made = collect(folder, out, chosen, progress=progress, replace_existing=params.replace_existing)
    message = made.sentence
    if params.add_from:
        message = f"{message} With those of {Path(params.add_from).name}: {_added(out, params.add_from, progress)}"
    files = write_report(made, out.parent)
    notes = [part.sentence for part in made.left_out[:_SHOWN]]
    more = len(made.left_out) - _SHOWN
    return Reply(
        message=message,
        notes=(*notes, *([f"{more} more are in the table of what was left out."] if more > 0 else [])),
        folder=str(out.parent),
        tables=(
            Table("content", f"{out.stem} content", str(files["content"])),
            *((Table("left_out", f"{out.stem} left out", str(files["left_out"])),) if made.left_out else ()),
        ),
    )


def _added(out: Path, other: str, progress: Progress) -> str:
    from ivea_fiji.datasets import combine

    return combine([out, other], out, replace_existing=True, progress=progress).sentence


COMMAND = Command(
    "build_training_dataset",
    "Build Training Dataset...",
    "Cut the samples of all labelled movies of a folder into one file, from which a model is trained or refined.",
    BuildDatasetParams,
    run=_run,
    advanced_twin=True,
)
