"""Give the labels of a data set to other programs: ROIs, object lists of ExoDeepFinder, the original's bare file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from ivea_fiji.datasets.exodeepfinder import EdfObject, write_objects
from ivea_fiji.datasets.labels import Label, as_marks
from ivea_fiji.datasets.model import DatasetInfo
from ivea_fiji.datasets.pairs import movie_stem
from ivea_fiji.datasets.reading import blocks, inspect_dataset
from ivea_fiji.errors import DatasetError, OutputError
from ivea_fiji.results.rois import write_rois
from ivea_fiji.results.writer import write_whole

Kind = Literal["rois", "exodeepfinder", "original"]
_RADIUS = 3.0


def export(path: str | Path, out: str | Path, kind: Kind) -> list[Path]:
    """Write the samples or labels of a data set in another form.

    Parameters
    ----------
    path
        The data set.
    out
        Folder of the new files; none that is there already is replaced.
    kind
        'rois' writes ``<movie>_training_rois.zip`` for every movie, 'exodeepfinder' an object list
        ``<movie>_annotation.xml`` of its events (class 1), 'original' a file with nothing but ``x_train``, ``y_train``
        and the attributes of the original program.

    Returns
    -------
    list of Path
        The written files.

    Raises
    ------
    DatasetError
        If the file does not tell where its samples are, as those of the original program do not.
    OutputError
        If a file is there already or cannot be written.
    """
    info = inspect_dataset(path)
    folder = Path(out).expanduser()
    if kind == "original":
        makers: dict[str, Callable[[Path], None]] = {_original_name(info): partial(_write_original, info=info)}
    else:
        if (info.rows.frame < 0).any():
            raise DatasetError(
                f"'{info.path.name}' does not tell the places of its samples (the original program does not keep "
                "them), so labels cannot be written."
            )
        makers = _label_files(info, kind)
    for name in makers:
        if (folder / name).exists():
            raise OutputError(f"There is a file '{folder / name}' already; choose another folder.")
    write_whole(folder, makers)
    return [folder / name for name in makers]


def _label_files(info: DatasetInfo, kind: Kind) -> dict[str, Callable[[Path], None]]:
    makers: dict[str, Callable[[Path], None]] = {}
    for number, movie in enumerate(info.movies):
        labels = _labels_of(info, number)
        if not labels:
            continue
        stem = movie_stem(Path(movie.name).name)
        if kind == "rois":
            marks = as_marks(labels, _RADIUS)
            makers[_free(f"{stem}_training_rois.zip", makers)] = partial(write_rois, marks=marks)
        else:
            makers[_free(f"{stem}_annotation.xml", makers)] = partial(write_objects, objects=_objects(labels))
    return makers


def _labels_of(info: DatasetInfo, number: int) -> list[Label]:
    rows = info.rows[np.flatnonzero(info.rows.movie == number)]
    return [
        Label("", int(frame) + 1, float(y), float(x), int(class_id), True)
        for class_id, frame, y, x in zip(rows.label, rows.frame, rows.y, rows.x, strict=True)
    ]


def _objects(labels: list[Label]) -> list[EdfObject]:
    return [EdfObject(1, k.x, k.y, k.frame - 1) for k in labels if (k.class_id or 0) >= 0]


def _free(name: str, taken: dict[str, Callable[[Path], None]]) -> str:
    """Return a name that is not taken: movies of different folders may be called the same."""
    low = {other.lower() for other in taken}
    stem, dot, ending = name.rpartition(".")
    number = 1
    while name.lower() in low:
        number += 1
        name = f"{stem}-{number}{dot}{ending}"
    return name


def _original_name(info: DatasetInfo) -> str:
    """Return a name by the original's rule."""
    told, layout = info.attributes, info.layout
    return (
        f"{info.path.stem}_c{len(info.class_ids)}r{told.get('patch_radius', 0)}_sc{layout.size // 2}"
        f"_f{told['num_fusion']}_t{layout.timeseries}_m{layout.more_frames}_new.h5"
    )


def _write_original(path: Path, info: DatasetInfo) -> None:
    import h5py

    columns = {k: column for column, k in enumerate(info.class_ids)}
    target = np.zeros((len(info), len(columns)), np.float32)
    target[np.arange(len(info)), [columns[k] for k in info.rows.label.tolist()]] = 1
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x_train", (len(info), *info.layout.shape), np.float32, chunks=True)
        for rows, some, _ in blocks(info):
            x[rows[0] : rows[-1] + 1] = some
        file.create_dataset("y_train", data=target)
        names = ("num_fusion", "num_classes", "timeseries", "more_frames", "patch_radius")
        file.attrs.update({name: info.attributes.get(name, 0) for name in names})
