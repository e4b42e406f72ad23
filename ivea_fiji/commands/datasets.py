"""Manage Training Datasets: look into them, put them together, split and export them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, field
from ivea_fiji.progress import Progress


class DatasetsParams(Params):
    """What to do with data sets."""

    action: Literal["inspect", "combine", "split", "export"] = field(
        "inspect", "Action", "'inspect' lists movies, classes and sizes; 'combine' puts it and others into one file; "
        "'split' parts it by movie into one to learn from and one to judge by; 'export' writes its labels for others.",
    )
    dataset_file: str = field("", "Data set", "The file (.h5), of IVEA or of the original program.", style="file")
    add_from: str = field(
        "", "Combine with", "Data set (.h5) to combine it with; several are separated by semicolons.", style="file"
    )
    output_path: str = field(
        "", "Write to", "The new file (.h5) of 'combine'; the beginning of both names of 'split'; the folder of "
        "'export'. Nothing that is there already is replaced.", style="file",
    )
    held_out: float = field(
        0.25, "Held out", "Share of the samples that 'split' puts into the second file.", ge=0.01, le=0.99, step=0.05
    )
    export_as: Literal["rois", "exodeepfinder", "original"] = field(
        "rois", "Export as", "'rois': ImageJ ROIs of every movie; 'exodeepfinder': its annotations, the events only; "
        "'original': a file with nothing but what the original program writes.",
    )


def _run(params: DatasetsParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.datasets import inspect_dataset
    from ivea_fiji.datasets.report import CONTENT_COLUMNS, content_rows, write_rows

    if not params.dataset_file:
        raise ParameterError("Name the data set (dataset_file).")
    message, shown = _done(params, progress)
    info = inspect_dataset(shown)
    with result_folder("") as folder:
        table = folder / f"{info.path.stem}_content.csv"
        write_rows(table, CONTENT_COLUMNS, content_rows(info))
    told = f"{info.path.name}: {info.sentence}, {info.layout}."
    return Reply(
        message=f"{message} {told}".strip(),
        folder=str(folder),
        temporary=True,
        tables=(Table("content", f"{info.path.stem} content", str(table)),),
    )


def _done(params: DatasetsParams, progress: Progress) -> tuple[str, Path]:
    """Do what is asked; return what came of it, and the data set whose content is shown."""
    from ivea_fiji.datasets import combine, export, split_files

    source = Path(params.dataset_file).expanduser()
    if params.action == "inspect":
        return "", source
    if not params.output_path:
        raise ParameterError("Name what is to be written (output_path).")
    if params.action == "combine":
        others = [name.strip() for name in params.add_from.split(";") if name.strip()]
        if not others:
            raise ParameterError("Name the data sets to combine it with (add_from).")
        made = combine([source, *others], params.output_path, progress=progress)
        return made.sentence, made.info.path
    if params.action == "split":
        split, train, valid = split_files(source, params.output_path, params.held_out)
        how = "later samples of the only movie" if split.by == "time" else "whole movies"
        return f"{len(split.train)} samples in {train.name}, {len(split.held_out)} in {valid.name} ({how}).", source
    files = export(source, params.output_path, params.export_as)
    return f"{len(files)} {'file' if len(files) == 1 else 'files'} written to {params.output_path}.", source


COMMAND = Command(
    "manage_training_datasets",
    "Manage Training Datasets...",
    "Look into data sets of labelled events, put them together, split and export them.",
    DatasetsParams,
    run=_run,
)
