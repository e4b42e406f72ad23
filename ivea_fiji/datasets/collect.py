"""Collect a data set: labelled movies in, one file of samples out, and a report of what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivea_fiji.datasets.classmap import ClassMap, read_class_map
from ivea_fiji.datasets.cut import cut_samples, movie_info, usable_labels
from ivea_fiji.datasets.exodeepfinder import open_edf_movie
from ivea_fiji.datasets.labels import read_labels
from ivea_fiji.datasets.layout import Layout, class_name
from ivea_fiji.datasets.model import DatasetInfo, MovieInfo
from ivea_fiji.datasets.pairs import Pair, find_pairs
from ivea_fiji.datasets.reading import inspect_dataset
from ivea_fiji.datasets.writing import DatasetWriter, writing
from ivea_fiji.errors import Cancelled, DatasetError, IveaError, ParameterError
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.open import open_movie
from ivea_fiji.movie.zarr import is_zarr
from ivea_fiji.params.dataset import DatasetParams
from ivea_fiji.patches import vision_radius
from ivea_fiji.progress import Progress, Silent, step

_NAMED = 3


@dataclass(frozen=True)
class LeftOut:
    """Something no sample was made of.

    Attributes
    ----------
    file
        Label file, or movie.
    reason
        Why: of a file a clause, of labels what is wrong with them.
    count
        Labels it concerns; 0 if it is the whole file.
    names
        Names of the first few.
    """

    file: str
    reason: str
    count: int = 0
    names: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The same for people."""
        if not self.count:
            return f"{self.file}: {self.reason}."
        what = "1 label" if self.count == 1 else f"{self.count} labels"
        more = ", ..." if self.count > len(self.names) else ""
        return f"{self.file}: {what} left out ({self.reason}): {', '.join(self.names)}{more}."


@dataclass(frozen=True)
class Collected:
    """A data set that was made, and what was left out."""

    info: DatasetInfo
    pairs: tuple[Pair, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def sentence(self) -> str:
        """The data set in one sentence."""
        counts = ", ".join(f"{n} {class_name(k)}" for k, n in self.info.counts.items())
        more = len(self.left_out)
        tail = f"; {more} {'thing was' if more == 1 else 'things were'} left out" if more else ""
        return f"{self.info.sentence}: {counts}{tail}."


def collect(
    source: str | Path | Iterable[Pair],
    out: str | Path,
    params: DatasetParams | None = None,
    *,
    progress: Progress | None = None,
    replace_existing: bool = False,
    **changes: object,
) -> Collected:
    """Make a data set of labelled movies.

    Parameters
    ----------
    source
        Folder in which label files and movies are found (`find_pairs`), or pairs.
    out
        The ``.h5`` file to write.
    params
        How samples are cut; the defaults if None.
    progress
        Told after every movie, and asked whether to stop.
    replace_existing
        Whether a file `out` that is there already is replaced.
    **changes
        Single parameters to change, by name.

    Returns
    -------
    Collected
        What the file holds, and what was left out. A label file or movie that cannot be used stops nothing.

    Raises
    ------
    DatasetError
        If there is no label at all that a sample can be made of; nothing is written then.
    OutputError, ParameterError
        If `out` cannot be written, or a parameter does not fit.
    Cancelled
        The progress asked to stop; nothing was written.
    """
    params = DatasetParams.make(**{**(params.model_dump() if params else {}), **changes})
    progress = progress or Silent()
    classes = read_class_map(params.class_map) if params.class_map else ClassMap()
    unlabelled = _class_number(params.unlabelled_class)
    left_out: list[LeftOut] = []
    if isinstance(source, str | Path):
        folder = Path(source).expanduser()
        pairs, bad = find_pairs(
            folder, classes.tag, recursive=params.recursive,
            movie_folder=Path(params.movie_folder).expanduser() if params.movie_folder else None,
        )  # fmt: skip
        left_out += [LeftOut(_shown(path, folder), reason) for path, reason in bad]
        if not pairs:
            raise DatasetError(_nothing_found(folder, left_out))
    else:
        folder, pairs = None, list(source)
    target = Path(out).expanduser()
    layout = Layout(params.frames_before, params.frames_after, params.patch_size)
    radius = params.vision_radius or classes.default_radius or vision_radius(0, params.pixel_size_um or None)
    movies: list[MovieInfo] = []
    with writing(target, layout, radius, replace_existing=replace_existing) as writer:
        for k, pair in enumerate(pairs):
            step(progress, f"cutting samples of {pair.movie.name}", k, len(pairs))
            left_out += _add(writer, pair, _shown(pair.movie, folder), movies, params, classes, unlabelled)
        if not movies:
            raise DatasetError(_nothing_usable(left_out))
        writer.finish(movies, list((classes.classes or {}).values()))
    return Collected(inspect_dataset(target), tuple(pairs), tuple(left_out))


def open_pair(pair: Pair, params: DatasetParams) -> Movie:
    """Open the movie of a pair: as its labels were made, else as `params` say."""
    if pair.movie.suffix.lower() in (".h5", ".hdf5") or (pair.movie.is_dir() and not is_zarr(pair.movie)):
        return open_movie(open_edf_movie(pair.movie), params.of_movie().model_copy(update={"channel": 1}))
    return open_movie(pair.movie, pair.params or params.of_movie())


def _add(
    writer: DatasetWriter, pair: Pair, name: str, movies: list[MovieInfo], params: DatasetParams, classes: ClassMap,
    unlabelled: int | None,
) -> list[LeftOut]:
    """Add the samples of one movie; return what was left out."""
    try:
        movie = open_pair(pair, params)
        labels = read_labels(pair.labels, params.edf_classes, movie.reference)
        info = movie_info(movie, name)
        if any(info.fingerprint == other.fingerprint for other in movies):
            return [LeftOut(name, "the same movie is there under another name")]
        usable, bad = usable_labels(labels, movie, classes, params.vision_radius, unlabelled)
        if len(usable):
            for x, margins, rows in cut_samples(movie, usable, writer.layout, len(movies), params.centre_on):
                writer.add(x, margins, rows)
            movies.append(info)
    except Cancelled:
        raise
    except IveaError as error:
        return [LeftOut(name, str(error).rstrip("."))]
    if not labels:
        return [LeftOut(pair.labels.name, "it holds no label")]
    return _grouped(pair.labels.name, bad)


def _grouped(file: str, bad: Sequence[tuple[str, str]]) -> list[LeftOut]:
    count = Counter(reason for _, reason in bad)
    return [
        LeftOut(file, reason, n, tuple(name for name, why in bad if why == reason)[:_NAMED])
        for reason, n in count.items()
    ]


def _class_number(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise ParameterError(f"Unlabelled (unlabelled_class): '{text}' is no class number such as 0 or -1.") from None


def _shown(path: Path, folder: Path | None) -> str:
    try:
        return path.relative_to(folder).as_posix() if folder is not None else path.name
    except ValueError:  # a movie that a run record names
        return path.name


def _nothing_found(folder: Path, left_out: Sequence[LeftOut]) -> str:
    if left_out:
        return f"No label file in '{folder}' has a movie: {left_out[0].sentence}"
    return (
        f"'{folder}' holds no label files; a movie cell.tif has its labels in cell_training_rois.zip beside it, or in "
        "its result folder."
    )


def _nothing_usable(left_out: Sequence[LeftOut]) -> str:
    return f"No label can be used: {left_out[0].sentence}" if left_out else "No label can be used."
