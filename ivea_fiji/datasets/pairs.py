"""Find label files in a folder, and the movie each belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivea_fiji.datasets.labels import kind_of_table
from ivea_fiji.errors import DatasetError, IveaError
from ivea_fiji.evaluation.tables import is_trackmate
from ivea_fiji.movie.formats import READERS
from ivea_fiji.movie.readers import TIFF_SUFFIXES
from ivea_fiji.movie.zarr import is_zarr
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.results.record import load_record

_MOVIE_ENDINGS = tuple(
    sorted((*(".ome" + e for e in (*TIFF_SUFFIXES, ".zarr")), *TIFF_SUFFIXES, *READERS, ".zarr"), key=len, reverse=True)
)
_EDF_NAMES = ("merged_annotation", "expert_annotation", "annotation")
_EDF_TAGS = ("_objl", "_annotation", "")
_TABLE_TAGS = ("_truth", "_events", "_labels", "_spots", "")
_OURS = ("_traces", "_summary", "_roi_table", "_roi_traces", "_cell")
"""Files of ours that hold no labels."""
_BY_HAND = 2
"""Up to this rank a label file is one that somebody made for this purpose."""
Elsewhere = dict[str, list[Path]]


@dataclass(frozen=True)
class Pair:
    """A label file with the movie it is for, and how that movie was read when the labels were made."""

    labels: Path
    movie: Path
    params: MovieParams | None = None


def is_movie(path: Path) -> bool:
    """Tell whether a file or folder has the name of a movie that can be read."""
    return path.name.lower().endswith(_MOVIE_ENDINGS) and not path.name.startswith(".")


def find_pairs(
    folder: Path, tag: str = "_training_rois", *, recursive: bool = True, movie_folder: Path | None = None
) -> tuple[list[Pair], list[tuple[Path, str]]]:
    """Find the label files of a folder and their movies.

    A movie ``cell.tif`` has its labels in ``cell_training_rois.zip`` or ``.roi`` or in ``cell.zip`` or ``.roi`` (the
    original's rule), or ``cell_truth_rois.zip``, ``cell_rois.zip``, ``cell_truth.csv``; beside it, in a folder within
    its folder, or in a result folder whose run record names the movie, where ``cell_events.csv`` will do as well. An
    object list of ExoDeepFinder lies beside its ``movie.h5``, or is named after a movie.

    Parameters
    ----------
    folder
        Where to look.
    tag
        What stands behind a movie's name in the name of its ROI file.
    recursive
        Whether to look in folders within it.
    movie_folder
        Where else movies are looked for, by their names, if they do not lie beside their labels.

    Returns
    -------
    pairs, left_out
        The best label file of each movie; and label files that were left out, with the reason.

    Raises
    ------
    DatasetError
        If there is no such folder.
    """
    for place in (folder, movie_folder):
        if place is not None and not place.is_dir():
            raise DatasetError(f"There is no folder '{place}'; check its name.")
    elsewhere = _index(movie_folder) if movie_folder is not None else {}
    best: dict[Path, tuple[int, Pair]] = {}
    left_out: list[tuple[Path, str]] = []
    tags = tuple(dict.fromkeys((tag, "_training_rois", "", "_truth_rois", "_rois")))
    for path in _label_files(folder, recursive):
        rank, found = _movie_of(path, tags, elsewhere)
        if isinstance(found, str):
            if found:
                left_out.append((path, found))
            continue
        key = found.movie.resolve()
        other = best.get(key)
        if other is None or rank < other[0]:
            best[key] = (rank, found)
        worse = None if other is None else max(other, (rank, found), key=lambda item: item[0])
        if worse is not None and worse[0] <= _BY_HAND:
            left_out.append((worse[1].labels, f"the labels of '{found.movie.name}' were taken from another file"))
    return [pair for _, pair in sorted(best.values(), key=lambda item: str(item[1].movie))], left_out


def _index(folder: Path) -> Elsewhere:
    """Return the movies of a folder, and of those within it, by the lower case of their names without ending."""
    found: Elsewhere = {}
    for at, folders, files in os.walk(folder):
        images = [name for name in folders if is_zarr(Path(at, name))]
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in images)
        for name in sorted((*files, *images)):
            if name.lower().endswith(_MOVIE_ENDINGS) and not name.startswith("."):
                found.setdefault(movie_stem(name).lower(), []).append(Path(at, name))
    return found


def movie_stem(name: str) -> str:
    """Return the name of a movie without the ending that movies have."""
    low = name.lower()
    return next((name[: -len(e)] for e in _MOVIE_ENDINGS if low.endswith(e)), name)


def _label_files(folder: Path, recursive: bool) -> Iterator[Path]:
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not is_zarr(Path(at, n)))
        yield from (Path(at, n) for n in sorted(files) if not n.startswith(".")
                    and n.lower().endswith((".zip", ".roi", ".xml", ".csv")))
        if not recursive:
            return


def _movie_of(path: Path, tags: tuple[str, ...], elsewhere: Elsewhere) -> tuple[int, Pair | str]:
    """Return how good a label file is (0 best) with its pair; or the reason why it has none, empty if it is none."""
    suffix, stem = path.suffix.lower(), path.stem
    if stem.lower().endswith(_OURS):
        return 0, ""
    if suffix == ".xml" and is_trackmate(path):
        return _table_pair(path, elsewhere)
    if suffix == ".xml" or (suffix == ".csv" and kind_of_table(path) == "objects"):
        return _edf_pair(path)
    if suffix == ".csv":
        return _table_pair(path, elsewhere) if kind_of_table(path) == "events" else (0, "")
    for rank, tag in enumerate(tags):
        base = stem[: len(stem) - len(tag)]
        if not stem.lower().endswith(tag.lower()) or not base:
            continue
        found = _named_movie(path, base, elsewhere)
        if found is not None:
            return rank, found
    return 0, "no movie has its name"


def _table_pair(path: Path, elsewhere: Elsewhere) -> tuple[int, Pair | str]:
    for rank, tag in enumerate(_TABLE_TAGS, 8):
        base = path.stem.removesuffix(tag)
        found = _named_movie(path, base, elsewhere) if base and base + tag == path.stem else None
        if found is not None:
            return rank, found
    return 0, ("no movie has its name" if path.stem.endswith(_TABLE_TAGS[:-1]) else "")


def _named_movie(path: Path, base: str, elsewhere: Elsewhere) -> Pair | str | None:
    """Return the pair of a label file whose movie is called `base`, what is wrong with it, or None."""
    record = path.with_name(f"{base}_run.json")
    if record.is_file():
        return _recorded(path, record)
    for place in list(dict.fromkeys((path.parent, path.parent.parent, path.parent.parent.parent))):
        movies = _movies(place, base)
        if len(movies) > 1:
            return f"{len(movies)} movies have its name"
        if movies:
            return Pair(path, movies[0])
    others = elsewhere.get(base.lower(), [])
    if len(others) > 1:
        return f"{len(others)} movies in the folder of movies have its name"
    return Pair(path, others[0]) if others else None


def _movies(folder: Path, base: str) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    low = base.lower()
    named = [p for p in entries if p.name.lower().startswith(low) and p.name.lower().endswith(_MOVIE_ENDINGS)]
    return [p for p in named if low in (movie_stem(p.name).lower(), p.name.lower())]


def _recorded(path: Path, record: Path) -> Pair | str:
    """Return the pair that a run record tells of: its movie, where it was or beside the result folder."""
    try:
        told = load_record(record)
        movie = Path(told["input"]["path"] or told["input"]["name"])
        asked = {k: v for k, v in told["parameters"].items() if k in MovieParams.model_fields and k != "cell_mask"}
        params = MovieParams.make(**asked)
    except (IveaError, KeyError, TypeError, AttributeError):
        return f"the run record '{record.name}' beside it cannot be read"
    for place in (movie, path.parent / movie.name, path.parent.parent / movie.name):
        if place.exists():
            return Pair(path, place, params)
    return f"its movie '{movie}' is not where it was"


def _edf_pair(path: Path) -> tuple[int, Pair | str]:
    """Return the pair of an object list; XML goes before CSV, merged before expert before found annotations."""
    csv = int(path.suffix.lower() == ".csv")
    stem = path.stem.lower()
    if stem in _EDF_NAMES:
        named = _movies(path.parent, "movie") + _movies(path.parent.parent, path.parent.name)
        for movie in (path.with_name("movie.h5"), path.with_name("tiff"), *named):
            if movie.exists():
                return 10 + 2 * _EDF_NAMES.index(stem) + csv, Pair(path, movie)
        return 0, "there is no 'movie.h5' or folder 'tiff' beside it, nor a movie with the name of its folder"
    for tag in _EDF_TAGS:
        base = path.stem[: len(path.stem) - len(tag)]
        if not stem.endswith(tag) or not base:
            continue
        h5 = path.with_name(f"{base}.h5")
        movies = [h5] if h5.is_file() else _movies(path.parent, base)
        if len(movies) == 1:
            return 20 + csv, Pair(path, movies[0])
    return 0, "no movie has its name"
