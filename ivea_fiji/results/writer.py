"""Write everything one run found into the folder of its movie: all of it, or nothing."""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivea_fiji.errors import OutputError, ParameterError
from ivea_fiji.results import record, rois, tables

if TYPE_CHECKING:
    from ivea_fiji.events.model import Result
    from ivea_fiji.movie.movie import Movie

log = logging.getLogger(__name__)

Written = dict[str, Path]
"""Files by kind; of random bursts those of `RANDOM_FILES`."""

RANDOM_FILES = {
    "events": "_events.csv",
    "traces": "_traces.csv",
    "summary": "_summary.csv",
    "rois": "_rois.zip",
    "training_rois": "_training_rois.zip",
    "overview": "_overview.png",
    "run": "_run.json",
}
"""Endings of the files of random bursts behind the movie's name, by kind."""
_MOVIE_ENDING = re.compile(r"(\.ome)?\.(tiff?|btf|tf8|stk|lsm|zarr|nd2|czi|lif|npy)$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""Characters that a file name cannot have on some system."""
_STAGING = ".ivea-"
"""How the hidden folders begin in which files are made."""
_LONGEST_STEM = 200
"""Bytes; file systems allow 255 for a name, and endings need some."""


def write_result(
    result: Result,
    out_dir: Path | str,
    *,
    training_rois: bool = False,
    overview: bool = True,
    seconds: float | None = None,
    input_sha256: str | None = None,
) -> Written:
    """Write tables, ROIs, run record and picture of `result` into `out_dir`.

    Everything is first written to a hidden folder inside `out_dir` and moved into place at the end. If anything
    fails, earlier results stay as they were and nothing new is left behind. Files of the same name from an earlier
    run are replaced; a picture that is not made anew is removed, since it would show something else; training ROIs
    that are not asked for stay, since somebody may have labelled them. Other files are not touched.

    Parameters
    ----------
    result
        What a run found.
    out_dir
        Folder of this movie's results; made if missing.
    training_rois
        Also write events and rejected candidates as ``<stem>_training_rois.zip``.
    overview
        Also draw ``<stem>_overview.png``.
    seconds
        Wall time of the run, for the record.
    input_sha256
        Hash of the movie's file, if known; computed otherwise.

    Returns
    -------
    dict
        The written files by kind.

    Raises
    ------
    OutputError
        If `out_dir` cannot be written, is full, is a file, or holds results of another movie of the same name.
    """
    makers = _makers(result, training_rois, overview)
    return write_run(
        Path(out_dir), result.movie, RANDOM_FILES, makers,
        lambda: record.make_record(result, seconds=seconds, input_sha256=input_sha256),
        stale=() if overview else ("overview",),
    )  # fmt: skip


def write_run(
    folder: Path,
    movie: Movie,
    endings: Mapping[str, str],
    makers: Mapping[str, Callable[[Path], None]],
    make_record: Callable[[], dict[str, Any]],
    stale: Sequence[str] = (),
) -> Written:
    """Write the files of one run of any module, the run record last: all of them, or none.

    Parameters
    ----------
    folder
        Folder of this movie's results; made if missing.
    movie
        What was analysed; its name begins the files' names.
    endings
        Endings of the files by kind; 'run' is the record.
    makers
        What writes each file but the record, by kind, in the order of writing.
    make_record
        Returns the run record.
    stale
        Kinds of files that an earlier run may have left and that would tell something else now.

    Returns
    -------
    dict
        The written files by kind.

    Raises
    ------
    OutputError
        If `folder` cannot be written, is full, is a file, or holds results of another movie of the same name.
    """
    files = result_files(folder, _name(movie), endings)
    # The record holds the hash of the movie, which takes as long to make as many tables do.
    with _told(folder), ThreadPoolExecutor(1) as aside:
        made = aside.submit(make_record)

        def write_record(path: Path) -> None:
            refuse_foreign(files["run"], made.result())
            record.write_record(path, made.result())

        named = {files[kind].name: make for kind, make in makers.items()}
        named[files["run"].name] = write_record
        write_whole(folder, named, [files[kind].name for kind in stale])
    return {kind: files[kind] for kind in (*makers, "run")}


def write_whole(folder: Path, makers: Mapping[str, Callable[[Path], None]], stale: Sequence[str] = ()) -> None:
    """Write files into a folder: all of them, or none.

    Parameters
    ----------
    folder
        Made if missing.
    makers
        What writes each file, by its name, in the order of writing.
    stale
        Names of files that are taken away.

    Raises
    ------
    OutputError
        If `folder` cannot be written; everything in it is as it was before.
    """
    with _told(folder), _made(folder), tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder) as staging:
        for name, make in makers.items():
            make(Path(staging) / name)
        _swap(Path(staging), folder, list(makers), list(stale))


def sweep(folder: Path) -> None:
    """Remove what a run that was killed while it wrote has left behind in a folder of finished results."""
    for left in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def result_files(folder: Path, movie_name: str, endings: Mapping[str, str]) -> Written:
    """Return where every kind of file of a movie lies or would lie; `endings` are those of the module."""
    stem = stem_of(movie_name)
    return {kind: folder / (stem + ending) for kind, ending in endings.items()}


def check_writable(out_dir: Path | str) -> None:
    """Raise `OutputError` if results could not be written to `out_dir`; for the start of a long run.

    Nothing is left behind: a folder that was missing is missing again.
    """
    folder = Path(out_dir)
    with _told(folder), _made(folder, keep=False), tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder):
        pass


def file_stem(movie: Movie) -> str:
    """Return what the names of a movie's result files begin with: its name without ending, fit for all systems."""
    return stem_of(_name(movie))


def _name(movie: Movie) -> str:
    return movie.path.name if movie.path is not None else movie.name


def stem_of(movie_name: str) -> str:
    """Return what the names of result files begin with, for a movie of this name."""
    name = _FORBIDDEN.sub("_", _MOVIE_ENDING.sub("", movie_name)).strip().rstrip(". ")
    return name.encode()[:_LONGEST_STEM].decode(errors="ignore").rstrip(". ") or "movie"


def default_folder(movie: Path) -> Path:
    """Return where results of `movie` go unless told otherwise."""
    name = movie.name
    for ending in (".ome.tiff", ".ome.tif", ".ome.zarr"):
        if name.lower().endswith(ending):
            return movie.with_name(f"{name[: -len(ending)]}_ivea")
    return movie.with_name(f"{movie.stem}_ivea")


def _makers(result: Result, training_rois: bool, overview: bool) -> dict[str, Callable[[Path], None]]:
    """Return, in the order of writing, what makes each file but the record."""
    from ivea_fiji.measure.summary import summarise

    axes = result.movie.file_axes
    makers: dict[str, Callable[[Path], None]] = {
        "events": lambda path: tables.write_events(path, result),
        "traces": lambda path: tables.write_traces(path, result),
        "summary": lambda path: tables.write_summary(
            path, summarise(result.events, result.movie, result.learned.get("strange_share", math.nan))
        ),
        "rois": lambda path: rois.write_rois(path, rois.event_marks(result), axes),
    }
    if training_rois:
        makers["training_rois"] = lambda path: rois.write_rois(path, rois.training_marks(result), axes)
    if overview:
        from ivea_fiji.results.overview import write_overview

        makers["overview"] = lambda path: write_overview(path, result)
    return makers


def refuse_foreign(path: Path, run: dict[str, Any]) -> None:
    """Refuse to replace results that were made from another file of the same name.

    Parameters
    ----------
    path
        Where the run record of the earlier results would be.
    run
        The new run record.

    Raises
    ------
    OutputError
        If there are such results.
    """
    if not path.exists():
        return
    try:
        other = record.load_record(path).get("input", {})
    except ParameterError:
        return
    new = run["input"]
    same_place = other.get("path") == new["path"]
    same_content = new["sha256"] is not None and other.get("sha256") == new["sha256"]
    if not (same_place or same_content):
        raise OutputError(
            f"'{path.parent}' holds results of another movie of this name ({other.get('path') or other.get('name')}); "
            "choose another folder."
        )


def _swap(staging: Path, folder: Path, names: list[str], stale: list[str]) -> None:
    """Move finished files into place; on any failure, Ctrl-C included, put back what was there before."""
    backup = staging / "before"
    backup.mkdir()
    saved: list[str] = []
    placed: list[str] = []
    try:
        for name in (*names, *stale):
            if (folder / name).exists():
                os.replace(folder / name, backup / name)
                saved.append(name)
        for name in names:
            os.replace(staging / name, folder / name)
            placed.append(name)
    except BaseException:
        for name in placed:
            (folder / name).unlink(missing_ok=True)
        for name in saved:
            os.replace(backup / name, folder / name)
        raise


@contextmanager
def _made(folder: Path, *, keep: bool = True) -> Iterator[None]:
    """Make a folder with its parents; take away again those that were made if the work fails or `keep` is False."""
    missing = []
    at = folder
    while not at.exists():
        missing.append(at)
        at = at.parent
    done = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        done = keep
    finally:
        if not done:
            for made in missing:
                if made.is_dir() and not any(made.iterdir()):
                    made.rmdir()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what the system says into one sentence."""
    try:
        yield
    except OSError as error:
        log.debug("writing to %s failed", folder, exc_info=True)
        raise OutputError(_sentence(folder, error)) from error


def _sentence(folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of '{folder}' is full; free some space and run again (nothing there was changed)."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"'{folder}' is a file or lies inside one; name a folder for the results."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"'{error.filename or folder}' cannot be written; choose another folder, "
            "or close the file if another program has it open."
        )
    return f"Results cannot be written to '{folder}' ({error.strerror or error}); choose another folder."
