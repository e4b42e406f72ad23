"""Write data set files (HDF5) sample by sample.

Beside the original's ``x_train``, ``y_train`` and attributes a file of ours holds, one row per sample: ``x_margins``
(uint16, each sequence scaled to 0-65535, with the frames and pixels around it that training shifts over), ``label``,
``movie`` (row of the group ``movies``), ``frame`` (of the peak, from 1; 0 if unknown), ``label_frame`` (as labelled),
``y``, ``x`` (px), ``radius`` (px).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.layout import Layout, class_name, needed_classes
from ivea_fiji.datasets.model import MovieInfo, Rows, join_rows
from ivea_fiji.datasets.reading import ROWS
from ivea_fiji.errors import OutputError
from ivea_fiji.version import __version__

SCHEMA = 1


class DatasetWriter:
    """Writes a data set sample by sample into a file beside its place; used by `writing`."""

    def __init__(self, path: Path, layout: Layout, patch_radius: int) -> None:
        import h5py

        self._file = h5py.File(path, "w")
        self.layout, self._patch_radius = layout, patch_radius
        self._x = self._growing("x_train", layout.shape, np.float32)
        self._wide = self._growing("x_margins", layout.stored, np.uint16)
        self._rows: list[Rows] = []

    def _growing(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        return self._file.create_dataset(
            name, (0, *shape), dtype, maxshape=(None, *shape), chunks=(1, *shape), compression="gzip",
            compression_opts=1, shuffle=True,
        )  # fmt: skip

    def add(self, x: NDArray[np.float32], margins: NDArray[np.uint16], rows: Rows) -> None:
        """Add samples: grey values ``(n, frames, size, size)``, the same with margins, and their rows."""
        n = len(self._x)
        for data, new in ((self._x, x), (self._wide, margins)):
            data.resize(n + len(rows), axis=0)
            data[n:] = new
        self._rows.append(rows)

    def finish(self, movies: Sequence[MovieInfo], columns: Sequence[int] = ()) -> None:
        """Write classes, rows and movies; `columns` are classes that get a column even without a sample."""
        rows = join_rows(self._rows)
        ids = needed_classes([*rows.label.tolist(), *columns])
        order = {k: column for column, k in enumerate(ids)}
        target = np.zeros((len(rows), len(ids)), np.float32)
        target[np.arange(len(rows)), [order[k] for k in rows.label.tolist()]] = 1
        self._file.create_dataset("y_train", data=target, chunks=True if len(rows) else None)
        for name, dtype in ROWS.items():
            values = getattr(rows, name) + (1 if name.endswith("frame") else 0)
            self._file.create_dataset(name, data=values.astype(dtype))
        _write_movies(self._file.create_group("movies"), movies)
        told = {
            "num_fusion": sum(k >= 0 for k in ids), "num_classes": len(ids), "timeseries": self.layout.timeseries,
            "more_frames": self.layout.more_frames, "patch_radius": self._patch_radius, "ivea_dataset": SCHEMA,
            "ivea_version": __version__, "class_names": json.dumps({k: class_name(k) for k in ids}),
        }  # fmt: skip
        self._file.attrs.update(told)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def writing(path: Path, layout: Layout, patch_radius: int, *, replace_existing: bool = False) -> Iterator[
    DatasetWriter
]:
    """Give a writer; the file takes its place when all is written, and not at all if anything fails.

    Raises
    ------
    OutputError
        If there is such a file already, or it cannot be written.
    """
    if path.exists() and not replace_existing:
        raise OutputError(f"There is a file '{path}' already; choose another name, or replace it on purpose.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ivea-", dir=path.parent) as staging:
            made = Path(staging, path.name)
            writer = DatasetWriter(made, layout, patch_radius)
            try:
                yield writer
            finally:
                writer.close()
            os.replace(made, path)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written ({error}); choose another folder.") from error


def _write_movies(group: Any, movies: Sequence[MovieInfo]) -> None:
    import h5py

    text = h5py.string_dtype()
    group.create_dataset("name", data=[_plain(m.name) for m in movies], dtype=text)
    group.create_dataset("fingerprint", data=[_plain(m.fingerprint) for m in movies], dtype=text)
    for name in ("pixel_size_um", "frame_interval_s"):
        group.create_dataset(name, data=np.array([getattr(m, name) or np.nan for m in movies], float))


def _plain(text: object) -> str:
    """Return a text that HDF5 can hold; names come from files of others, too."""
    return str(text).replace("\0", "").encode("utf-8", "replace").decode()
