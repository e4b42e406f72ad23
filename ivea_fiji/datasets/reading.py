"""Read data set files: of ours, and of the original program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.layout import Layout, class_ids, scaled_to_uint16, with_margins
from ivea_fiji.datasets.model import Dataset, DatasetInfo, MovieInfo, Rows
from ivea_fiji.errors import DatasetError

ROWS = {
    "label": np.int32, "movie": np.int32, "frame": np.int32, "y": np.float32, "x": np.float32, "radius": np.int16,
    "label_frame": np.int32,
}  # fmt: skip
"""What files of ours hold beside the pixels, one value per sample."""
_BLOCK = 256
_ATTRIBUTES = ("num_fusion", "num_classes", "timeseries", "more_frames")
_LARGEST = (512, 256)
"""Most frames and px of a sample."""


def inspect_dataset(path: str | Path) -> DatasetInfo:
    """Read everything about a data set but its pixels.

    Parameters
    ----------
    path
        File of ours or of the original program.

    Raises
    ------
    DatasetError
        If it is missing, damaged, or no data set.
    """
    path = Path(path).expanduser()
    with open_file(path) as file:
        return _info(path, file)


def read_dataset(path: str | Path, rows: NDArray | None = None) -> Dataset:
    """Read samples as training wants them.

    Parameters
    ----------
    path
        File of ours or of the original program.
    rows
        Numbers of the samples to read, all if None.

    Raises
    ------
    DatasetError
        If the file is missing, damaged, or no data set.
    """
    path = Path(path).expanduser()
    with open_file(path) as file:
        info = _info(path, file)
        chosen = np.arange(len(info)) if rows is None else np.arange(len(info))[rows]
        x = np.empty((len(chosen), *info.layout.stored), np.uint16)
        for at in range(0, len(chosen), _BLOCK):
            x[at : at + _BLOCK] = _margins(file, info, chosen[at : at + _BLOCK])
    info = replace(info, rows=info.rows[chosen])
    return Dataset(x, info.rows.label, info.rows.movie, info)


def blocks(info: DatasetInfo, rows: NDArray | None = None) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Yield row numbers with their ``x_train`` (counts) and ``x_margins``, some at a time, to copy large files."""
    chosen = np.arange(len(info)) if rows is None else rows
    with open_file(info.path) as file:
        for at in range(0, len(chosen), _BLOCK):
            some = chosen[at : at + _BLOCK]
            yield some, _take(file["x_train"], some).astype(np.float32), _margins(file, info, some)


@contextmanager
def open_file(path: Path) -> Iterator[Any]:
    """Open a data set for reading; what HDF5 says of a damaged file becomes one sentence."""
    import h5py

    if not path.is_file():
        raise DatasetError(f"There is no data set '{path}'; check its name.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError(f"'{path.name}' is damaged or no data set (.h5); make it again from the labels.") from error


def _info(path: Path, file: Any) -> DatasetInfo:
    missing = [name for name in ("x_train", "y_train") if name not in file]
    if missing:
        raise DatasetError(f"'{path.name}' is no data set of IVEA: it lacks {' and '.join(missing)}.")
    x, y = file["x_train"], file["y_train"]
    if x.ndim == 5 and x.shape[-1] == 1:
        raise DatasetError(f"'{path.name}' has a channel axis, which data sets of IVEA have not.")
    if x.ndim != 4 or y.ndim != 2 or len(x) != len(y) or x.shape[2] != x.shape[3]:
        raise DatasetError(
            f"'{path.name}' is damaged: x_train has the shape {x.shape} and y_train {y.shape}; they must be "
            "(samples, frames, side, side) and (samples, classes)."
        )
    told = {name: _plain(value) for name, value in file.attrs.items()}
    frames, side, columns = x.shape[1], x.shape[2], y.shape[1]
    if frames > _LARGEST[0] or side > _LARGEST[1] or frames < 2 or side < 4:
        raise DatasetError(f"'{path.name}' has samples of {frames} frames of {side} x {side} px, which is not usable.")
    lacking = [name for name in _ATTRIBUTES if not isinstance(told.get(name), int)]
    if lacking:
        raise DatasetError(f"'{path.name}' lacks the attribute {lacking[0]}; make the data set again.")
    fusion, timeseries, more = told["num_fusion"], told["timeseries"], told["more_frames"]
    if timeseries + more != frames or told["num_classes"] != columns or not 0 <= fusion <= columns:
        raise DatasetError(f"The attributes of '{path.name}' do not fit its samples; make the data set again.")
    layout = Layout.of_original(timeseries, more, side)
    ids = class_ids(fusion, columns)
    target = np.asarray(y, np.float32).reshape(len(x), columns)
    if len(target) and not (np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all()):
        raise DatasetError(f"'{path.name}' is damaged: every row of y_train must hold a single 1.")
    label = np.array(ids)[target.argmax(axis=1)] if len(target) else np.zeros(0, int)
    if "ivea_dataset" not in told:
        return DatasetInfo(path, layout, ids, (MovieInfo(path.stem),), _unknown(label, told), told, False)
    return DatasetInfo(path, layout, ids, _read_movies(file["movies"]), _our_rows(path, file, label), told, True)


def _our_rows(path: Path, file: Any, label: NDArray) -> Rows:
    values = {name: np.asarray(file[name]) for name in ROWS}
    movies = len(file["movies"]["name"])
    whole = all(v.shape == label.shape for v in values.values()) and len(file["x_margins"]) == len(label)
    if not whole or (values["label"] != label).any() or ((values["movie"] < 0) | (values["movie"] >= movies)).any():
        raise DatasetError(f"'{path.name}' is damaged: its rows do not fit its samples; make the data set again.")
    return Rows(
        label.astype(int), values["movie"].astype(int), values["frame"].astype(int) - 1, values["y"].astype(float),
        values["x"].astype(float), values["radius"].astype(int), values["label_frame"].astype(int) - 1,
    )  # fmt: skip


def _unknown(label: NDArray, told: dict[str, Any]) -> Rows:
    n, radius = len(label), told.get("patch_radius")
    nowhere = np.full(n, np.nan)
    return Rows(
        label.astype(int), np.zeros(n, int), np.full(n, -1), nowhere, nowhere,
        np.full(n, radius if isinstance(radius, int) else 0), np.full(n, -1),
    )  # fmt: skip


def _margins(file: Any, info: DatasetInfo, rows: NDArray) -> NDArray[np.uint16]:
    if info.ours:
        return _take(file["x_margins"], rows)
    return with_margins(scaled_to_uint16(_take(file["x_train"], rows).astype(np.float32)))


def _take(data: Any, rows: NDArray) -> NDArray:
    """Return rows in the order asked for; HDF5 wants them rising and each once."""
    wanted, back = np.unique(rows, return_inverse=True)
    return np.asarray(data[wanted])[back] if len(wanted) else np.empty((0, *data.shape[1:]), data.dtype)


def _read_movies(group: Any) -> tuple[MovieInfo, ...]:
    names, prints = group["name"].asstr()[()], group["fingerprint"].asstr()[()]
    scales = (group["pixel_size_um"][()].tolist(), group["frame_interval_s"][()].tolist())
    return tuple(
        MovieInfo(str(n), p if p == p else None, t if t == t else None, str(f))
        for n, f, p, t in zip(names, prints, *scales, strict=True)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.item() if isinstance(value, np.generic) and value.ndim == 0 else value
