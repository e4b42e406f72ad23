"""Result files as ImageJ's own objects, so that what Python gets is what everybody gets."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ivea_fiji.pyimagej.gateway import java_class
from ivea_fiji.results.columns import Column


def rois(path: Path) -> tuple[Any, ...]:
    """Return the ROIs of a ROI set that was written here, with the colours of the file."""
    with zipfile.ZipFile(path) as archive:
        return tuple(_roi(archive.read(name), name) for name in archive.namelist())


def table(path: Path, columns: Sequence[Column]) -> Any:
    """Return a ``ResultsTable`` of a CSV file; numbers have its digits, NaN stands where a value is not known.

    Columns of which a file has as many as it needs (``site_1``, ``site_2``, ...) are declared once.
    """
    import jpype

    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    declared = {column.name: column for column in columns}
    made = java_class("ij.measure.ResultsTable")(java_class("java.lang.Integer")(len(rows)))
    made.showRowNumbers(False)
    column = columns[0]
    for k, name in enumerate(header):
        column = declared.get(name, column)
        index = made.getFreeColumn(name)
        cells = [row[k] for row in rows]
        numbers = _numbers(cells)
        if numbers is None:
            for i, cell in enumerate(cells):
                made.setValue(name, i, cell)
            continue
        made.setValues(name, jpype.JArray(jpype.JDouble)(numbers))
        if not column.significant:
            made.setDecimalPlaces(index, column.digits or 0)
    return made


def _roi(data: bytes, name: str) -> Any:
    """Return a ROI; a group would replace the colour it is stored with."""
    import jpype

    decoder, colour = java_class("ij.io.RoiDecoder"), java_class("java.awt.Color")
    told = bytearray(data)
    argb = _number(told, int(decoder.STROKE_COLOR))
    if not _groups_have_colours():
        told[_number(told, int(decoder.HEADER2_OFFSET)) + int(decoder.GROUP)] = 0
    roi = decoder(jpype.JArray(jpype.JByte)(np.frombuffer(bytes(told), np.int8)), name).getRoi()
    if argb:
        roi.setStrokeColor(colour(argb & 0xFFFFFF))
    return roi


def _number(data: bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _numbers(cells: Iterable[str]) -> list[float] | None:
    try:
        return [float(cell) if cell else float("nan") for cell in cells]
    except ValueError:
        return None


def _groups_have_colours() -> bool:
    """Whether ImageJ has the colours of groups; without, it would complain in its log at every ROI."""
    folder = java_class("ij.IJ").getDirectory("luts")
    return folder is not None and any((Path(str(folder)) / name).is_file() for name in ("Glasbey.lut", "glasbey.lut"))
