"""Tables of places and times: IVEA's own, as spreadsheet programs save them, of TrackMate and of other programs."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ivea_fiji.errors import TableError
from ivea_fiji.movie.rois import NO_MOVIE, Reference
from ivea_fiji.movie.scale import LENGTHS_UM

PLACE = ("frame", "y_px", "x_px")
"""What a place needs: the frame from 1, and the centre in px, that of the first pixel being 0."""
_MOST_BYTES = 256_000_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TRACKMATE = ("POSITION_X", "POSITION_Y", "FRAME")
_NAPARI = ("axis-0", "axis-1", "axis-2")
_WITH_UNIT = re.compile(r"([xy])\s*[\[(_]\s*([^\])]+?)\s*[\])]?", re.IGNORECASE)
_SHOWN = 30
_PIXELS = ("px", "pixel", "pixels")


class Row(dict[str, str]):
    """Cells of a row by column, and the line of the file it stands in."""

    line: int = 0


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a table as written, by column; those without any text are left out.

    Text may be UTF-8, UTF-16 or that of Western Windows; cells may be parted by comma, semicolon or tab; a first line
    such as ``sep=;`` tells by which.

    Raises
    ------
    TableError
        If it is missing or no text.
    """
    return _parsed(read_text(path), path)[1]


def read_header(path: Path) -> list[str]:
    """Return the names of the columns of a table; raise `TableError` if it is missing or no text."""
    return _parsed(read_text(path, 65536), path)[0]


def read_places(path: Path, reference: Reference = NO_MOVIE) -> tuple[list[str], list[Row]]:
    """Return columns and rows of a table with the columns `PLACE`, whatever program wrote it.

    Besides IVEA's tables, known are TrackMate's tables of spots (`.csv`) and its sessions (`.xml`), points of napari
    (``axis-0, axis-1, axis-2``), and tables with ``frame`` (or ``t``, ``slice``) and ``x``, ``y`` in px, or with a
    unit such as ``x [nm]``, ``x_um``. TrackMate and napari count frames from 0, others from 1 unless a 0 is there.

    Parameters
    ----------
    path
        The table.
    reference
        The movie it is for, whose pixel size is needed where places are lengths.

    Raises
    ------
    TableError
        If it cannot be read, lacks a column, or its lengths cannot be turned into pixels.
    """
    if path.suffix.lower() == ".xml":
        return list(PLACE), _trackmate_xml(path, reference)
    header, rows = _parsed(read_text(path), path)
    if set(PLACE) <= set(header):
        return header, rows
    known = {name.strip().lower(): name for name in reversed(header)}
    if set(_TRACKMATE) <= set(header):
        return _trackmate_csv(path, header, rows, reference)
    if set(_NAPARI) <= set(header):
        return _renamed(path, header, rows, dict(zip(PLACE, _NAPARI, strict=True)), first=0)
    time = next((known[name] for name in ("frame", "t", "slice") if name in known), None)
    x, y = (_coordinate(header, letter) for letter in "xy")
    if time is None or x is None or y is None or x[1] != y[1]:
        missing = [name for name in PLACE if name not in header]
        raise TableError(
            f"'{path.name}' lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; give a table of events as "
            "IVEA writes it, spots of TrackMate, or a table with frame (from 1), x_px and y_px."
        )
    values = [number(path, row, row.line, time) for row in rows]
    factor = _per_pixel(path, x[1], reference)
    return _renamed(path, header, rows, {"frame": time, "y_px": y[0], "x_px": x[0]},
                    first=0 if 0 in values else 1, factor=factor)  # fmt: skip


def is_places(header: Sequence[str]) -> bool:
    """Whether a table with such columns holds places and times."""
    names = {name.strip().lower() for name in header}
    return (
        set(PLACE) <= names or set(_TRACKMATE) <= set(header) or set(_NAPARI) <= names
        or (bool(names & {"frame", "t", "slice"}) and all(_coordinate(header, letter) for letter in "xy"))
    )  # fmt: skip


def number(path: Path, row: dict[str, str], line: int, column: str, empty: float | None = None) -> float:
    """Return a cell as a number; a decimal comma is understood.

    Raises
    ------
    TableError
        If it is none, or if it is empty and `empty` is None.
    """
    text = (row.get(column) or "").strip()
    if not text and empty is not None:
        return empty
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
        raise TableError(
            f"Line {getattr(row, 'line', line)} of '{path.name}' holds '{shown}' in the column {column}, where a "
            "number must stand."
        )
    return value


def read_text(path: Path, most: int = _MOST_BYTES) -> str:
    """Return the text of a table, or its beginning; raise `TableError` if it is missing or no text."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except FileNotFoundError:
        raise TableError(f"There is no file '{path}'; check its name.") from None
    except OSError as error:
        raise TableError(f"'{path}' cannot be read ({error.strerror}); choose a file you may open.") from error
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "")
    try:
        if encoding == "utf-16":
            return data[: len(data) // 2 * 2].decode(encoding)
        if b"\0" not in data:
            # A piece may end within a letter.
            return codecs.getincrementaldecoder(encoding or "utf-8")().decode(data, len(data) < most)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        if not encoding and not any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
            return text
    raise TableError(f"'{path.name}' is not a table of text; give a table of events (.csv) or ROIs (.zip).")


def read_xml(path: Path) -> ElementTree.Element:
    """Return the root of an XML file; raise `TableError` if it is missing, damaged or defines entities."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TableError(f"'{path.name}' is too large for a list of labels.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise TableError(f"There is no file '{path}'; check its name.") from None
    except OSError as error:
        raise TableError(f"'{path}' cannot be read ({error.strerror}); choose a file you may open.") from error
    # Entities can be nested to fill the memory; lists of labels have none. UTF-16 could hide them.
    plain = data.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise TableError(f"'{path.name}' defines entities, which a list of labels never does; it was not read.")
    try:
        return ElementTree.parse(io.BytesIO(data)).getroot()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise TableError(f"'{path.name}' is no XML that can be read; save the labels again.") from error


def is_trackmate(path: Path) -> bool:
    """Whether an XML file begins as a session of TrackMate does; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            return b"<TrackMate" in file.read(4096)
    except OSError:
        return False


def _parsed(text: str, path: Path) -> tuple[list[str], list[Row]]:
    lines = text.splitlines(keepends=True)
    skipped = 0
    given = ""
    while lines and not lines[0].strip():
        lines, skipped = lines[1:], skipped + 1
    if lines and (told := re.fullmatch(r'"?sep=(.)"?', lines[0].strip() or lines[0].rstrip("\r\n"), re.IGNORECASE)):
        given, lines, skipped = told[1], lines[1:], skipped + 1
    elif lines and lines[0].rstrip("\r\n").lower() == "sep=\t":
        given, lines, skipped = "\t", lines[1:], skipped + 1
    first = lines[0] if lines else ""
    reader = csv.reader(io.StringIO("".join(lines)), delimiter=given or max(",;\t", key=first.count))
    try:
        header = [name.strip().strip('"').strip() for name in next(reader, [])]
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = Row(zip(header, cells, strict=False))
                row.line = reader.line_num + skipped
                rows.append(row)
    except csv.Error as error:
        raise TableError(f"'{path.name}' is no table that can be read ({error}); save it again as .csv.") from error
    return header, rows


def _coordinate(header: Sequence[str], letter: str) -> tuple[str, str] | None:
    """Return the column of a coordinate and its unit, px unless its name tells one."""
    for name in header:
        plain = name.strip()
        if plain == letter:
            return name, "px"
        told = _WITH_UNIT.fullmatch(plain)
        if told and told[1].lower() == letter and (told[2].lower() in LENGTHS_UM or told[2].lower() in _PIXELS):
            return name, told[2].lower()
    return None


def _per_pixel(path: Path, unit: str, reference: Reference) -> float:
    """Return how many pixels one of a unit are."""
    if unit.strip().lower() in _PIXELS:
        return 1.0
    factor = LENGTHS_UM.get(unit.strip().lower())
    if factor is None:
        raise TableError(
            f"'{path.name}' does not say in which unit its places are; give a table with the columns frame (from 1), "
            "x_px and y_px."
        )
    if not reference.pixel_size_um:
        raise TableError(
            f"'{path.name}' tells places in {unit.strip()}, and the pixel size is not known; give it as pixel_size_um."
        )
    return factor / reference.pixel_size_um


def _renamed(
    path: Path, header: list[str], rows: list[Row], columns: dict[str, str], *, first: int, factor: float = 1.0
) -> tuple[list[str], list[Row]]:
    """Return the table with the columns `PLACE`, made of its own `columns`."""
    for row in rows:
        frame, y, x = (number(path, row, row.line, columns[name]) for name in PLACE)
        row.update(frame=repr(frame + 1 - first), y_px=repr(y * factor), x_px=repr(x * factor))
    return [*header, *(name for name in PLACE if name not in header)], rows


def _trackmate_csv(
    path: Path, header: list[str], rows: list[Row], reference: Reference
) -> tuple[list[str], list[Row]]:
    """Return TrackMate's spots: below the names of the columns stand up to three rows of words, the last with units."""
    words = [row for row in rows[:3] if not _is_number(row.get("FRAME", ""))]
    unit = (words[-1].get("POSITION_X", "") if words else "").strip().strip("()")
    factor = _per_pixel(path, unit, reference)
    columns = {"frame": "FRAME", "y_px": "POSITION_Y", "x_px": "POSITION_X"}
    return _renamed(path, header, rows[len(words) :], columns, first=0, factor=factor)


def _trackmate_xml(path: Path, reference: Reference) -> list[Row]:
    root = read_xml(path)
    model = root.find("Model")
    if root.tag != "TrackMate" or model is None:
        raise TableError(f"'{path.name}' is no session of TrackMate: it begins with <{root.tag[:_SHOWN]}>.")
    image = root.find("Settings/ImageData")
    unit = model.get("spatialunits", "pixel")
    own = _float(image.get("pixelwidth")) if image is not None else None
    factor = 1 / own if own else _per_pixel(path, unit, reference)
    rows = []
    for number_, spot in enumerate(model.iter("Spot"), 1):
        row = Row(spot.attrib)
        row.line = number_
        rows.append(row)
    columns = {"frame": "FRAME", "y_px": "POSITION_Y", "x_px": "POSITION_X"}
    return _renamed(path, list(_TRACKMATE), rows, columns, first=0, factor=factor)[1]


def _is_number(text: str) -> bool:
    return _float(text) is not None


def _float(text: str | None) -> float | None:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
