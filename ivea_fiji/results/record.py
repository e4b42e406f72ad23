"""The run record: what was done to which file with what, so that it can be done again.

Two runs of the same input with the same parameters on the same installation differ only in `TIMING_KEYS`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ivea_fiji.errors import ParameterError
from ivea_fiji.params import Params
from ivea_fiji.results.columns import interval_s
from ivea_fiji.version import __version__

if TYPE_CHECKING:
    from ivea_fiji.events.model import Result
    from ivea_fiji.movie.movie import Movie

RANDOM_BURSTS = "random_bursts"
"""Module of random bursts, and of records that name none."""
SCHEMA_VERSION = 1
"""Raised whenever the meaning of a key changes or a key goes."""
TIMING_KEYS = ("created", "seconds", "timings")
"""Keys of the record that differ from run to run."""
_LIBRARIES = (
    "numpy", "scipy", "scikit-learn", "opencv-python-headless", "onnxruntime", "tensorflow", "pydantic", "tifffile",
    "imagecodecs", "zarr", "bioio", "roifile", "pandas", "matplotlib",
)
_BLOCK = 1 << 20


def make_record(result: Result, *, seconds: float | None = None, input_sha256: str | None = None) -> dict[str, Any]:
    """Return the run record of a result as plain data.

    Parameters
    ----------
    result
        What the run found.
    seconds
        Wall time of the whole run, if known.
    input_sha256
        Hash of the movie's file if the caller has it already; it is computed otherwise.
    """
    return describe_result(
        RANDOM_BURSTS, result, {"learned": result.learned, "counts": _counts(result)}, seconds, input_sha256
    )


_TYPES: dict[str, Any] = {
    "schema_version": int, "module": str, "input": dict, "parameters": dict, "model": dict, "counts": dict,
    "notes": list, "seconds": (int, float), "ivea_version": str,
}  # fmt: skip
_INPUT_TYPES: dict[str, Any] = {
    "name": str, "path": str, "sha256": str, "bytes": int, "modified": str, "axes": str, "channels": int,
    "pixel_size_um": (int, float), "frame_interval_s": (int, float),
}  # fmt: skip
"""Types of what is read again; None may stand for each."""


class Found(Protocol):
    """What one run found out about one movie; a frozen dataclass (`dataclasses.replace` is used on it).

    Attributes
    ----------
    movie
        As it was analysed.
    params
        All parameters of the run; the field can be replaced.
    events
        Everything that was found, one item per event.
    model
        Name, version, sha256, threshold and more of the network; empty without one.
    notes
        Sentences the user should read, such as why nothing was found. Those of `movie` need not be repeated.
    timings
        Seconds per stage; their sum is the time of the analysis.
    """

    @property
    def movie(self) -> Movie: ...  # noqa: D102
    @property
    def params(self) -> Any: ...  # noqa: D102
    @property
    def events(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def model(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def timings(self) -> Mapping[str, float]: ...  # noqa: D102


def describe_result(
    module: str,
    result: Found,
    more: Mapping[str, Any],
    seconds: float | None = None,
    input_sha256: str | None = None,
) -> dict[str, Any]:
    """Return the run record of a result of any module as plain data.

    Parameters
    ----------
    module
        Name of the module.
    result
        What the run found.
    more
        What else the record tells, such as what was learned from the movie. Its 'counts', if any, go beside the
        number of events.
    seconds
        Wall time of the whole run, if known.
    input_sha256
        Hash of the movie's file if the caller has it already; it is computed otherwise.
    """
    return describe_run(
        module,
        result.movie,
        result.params,
        {
            "model": result.model,
            **more,
            "counts": {"events": len(result.events), **more.get("counts", {})},
            "notes": list(dict.fromkeys((*result.movie.notes, *result.notes))),
            "seconds": None if seconds is None else round(seconds, 3),
            "timings": {stage: round(float(time), 3) for stage, time in result.timings.items()},
        },
        input_sha256,
    )


def describe_run(
    module: str, movie: Movie, params: Params, found: Mapping[str, Any], input_sha256: str | None = None
) -> dict[str, Any]:
    """Return a run record as plain data: what was done to which file with what, and then `found`."""
    record = {
        "schema_version": SCHEMA_VERSION,
        "module": module,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "ivea_version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
        "input": _input(movie, input_sha256),
        "parameters": params.model_dump(mode="json"),
        **found,
    }
    plain: dict[str, Any] = _plain(record)
    return plain


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record as JSON (UTF-8, two spaces); OSError passes through."""
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def load_record(path: Path) -> dict[str, Any]:
    """Read a run record.

    Raises
    ------
    ParameterError
        If the file is missing, is no run record, or was written by a newer IVEA.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"The run record '{path}' cannot be read ({error.strerror}); check its path.") from error
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"'{path}' is not a run record; choose a file that ends in _run.json.") from error
    if not _is_record(record):
        raise ParameterError(f"'{path}' is not a run record, or was changed; choose a file that ends in _run.json.")
    if record["schema_version"] > SCHEMA_VERSION:
        raise ParameterError(f"'{path}' was written by a newer IVEA; update with: pip install -U ivea-fiji")
    return record


def _is_record(record: Any) -> bool:
    """Whether all that is read of a record again has the type it was written with: a file can be edited by hand."""
    if not isinstance(record, dict) or not {"schema_version", "parameters"} <= record.keys():
        return False
    inside = record.get("input", {})
    told = [(record.get(key), types) for key, types in _TYPES.items()]
    if isinstance(inside, dict):
        told += [(inside.get(key), types) for key, types in _INPUT_TYPES.items()]
    fits = all(value is None or (isinstance(value, types) and not isinstance(value, bool)) for value, types in told)
    return fits and isinstance(record["schema_version"], int) and isinstance(record["parameters"], dict)


def hash_input(path: Path) -> str:
    """Return the sha256 of a file, read in blocks; of a folder (OME-Zarr), of its sorted names and contents."""
    total = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            total.update(file.relative_to(path).as_posix().encode() + b"\0")
            total.update(bytes.fromhex(hash_input(file)))
        return total.hexdigest()
    with open(path, "rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _input(movie: Movie, sha256: str | None) -> dict[str, Any]:
    path = movie.path
    there = path if path is not None and path.exists() else None
    return {
        "name": movie.name,
        "path": str(path.absolute()) if path is not None else None,
        "bytes": size(there) if there else None,
        "modified": modified(there) if there else None,
        "sha256": sha256 or (hash_input(there) if there else None),
        "axes": movie.file_axes,
        "channels": movie.channels,
        "shape_tyx": list(movie.shape),
        "dtype": str(movie.dtype),
        "pixel_size_um": movie.pixel_size_um,
        "frame_interval_s": interval_s(movie),
        "first_frame": movie.first_frame + 1,
        "frames_per_step": movie.frames_per_step,
        "cell_area_px": movie.cell_area_px,
    }


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(p.stat().st_size for p in _files(path))


def modified(path: Path) -> str:
    """Return when a file, or the newest file in a folder, was last written."""
    return datetime.fromtimestamp(max(p.stat().st_mtime for p in _files(path)), UTC).isoformat()


def _files(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]


def _counts(result: Result) -> dict[str, Any]:
    classes = Counter(e.class_name for e in result.events)
    reasons = Counter(r.reason for r in result.rejected)
    return {
        "events_per_class": dict(sorted(classes.items())),
        "candidates": len(result.events) + len(result.rejected),
        "rejected_per_reason": dict(sorted(reasons.items())),
    }


@cache
def _version(package: str) -> str | None:
    """Return the version of what this process runs; to look it up takes longer than a small movie."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    """Return `value` as what JSON knows: numpy scalars and arrays unpacked, NaN and infinity as null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
