"""What a user gives to learn from: labelled movies and data sets, read, split and put into one set of samples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets import Dataset, Pair, Rows, find_pairs, read_dataset, read_labels, split_rows
from ivea_fiji.datasets.classmap import ClassMap, read_class_map
from ivea_fiji.datasets.collect import open_pair
from ivea_fiji.datasets.cut import movie_info, usable_labels
from ivea_fiji.errors import Cancelled, DatasetError, IveaError
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.runtime import Classifier
from ivea_fiji.params.dataset import DatasetParams
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Progress, step
from ivea_fiji.training.batches import centred
from ivea_fiji.training.dataset import Samples, join
from ivea_fiji.training.labelled import Labelled, Study, judge, judge_samples, study
from ivea_fiji.training.validation import Scored
from ivea_fiji.training.without_events import movies_without_events

FEWEST = {"refine": 8, "new": 60}
"""Fewest labelled events for a network to learn from."""
FEWEST_LABELS = 6
"""Fewest labels of any kind for the second look."""
_DATASET = (".h5", ".hdf5")


@dataclass(frozen=True)
class Sources:
    """What was given.

    Attributes
    ----------
    movies
        Labelled movies.
    sets
        Data sets.
    notes
        Sentences about what was left out.
    """

    movies: tuple[Labelled, ...]
    sets: tuple[Dataset, ...]
    notes: tuple[str, ...]

    @property
    def classes(self) -> list[int]:
        """Classes of the labels, events first."""
        found = {int(k) for m in self.movies for k in np.unique(m.labels.class_id)}
        found |= {int(k) for d in self.sets for k in np.unique(d.label)}
        return sorted(k for k in found if k >= 0) + sorted((k for k in found if k < 0), reverse=True)

    @property
    def fingerprint(self) -> str:
        """The same for the same labels of the same movies."""
        digest = hashlib.sha256()
        for m in self.movies:
            digest.update(movie_info(m.movie, m.movie.name).fingerprint.encode())
            for column in (m.labels.frame, m.labels.y, m.labels.x, m.labels.class_id):
                digest.update(np.ascontiguousarray(column).tobytes())
        for d in self.sets:
            digest.update(np.ascontiguousarray(d.label).tobytes())
            digest.update(np.ascontiguousarray(d.x[:, ::9, ::9, ::9]).tobytes())
        return digest.hexdigest()

    @property
    def events(self) -> int:
        """Labelled events."""
        return sum(int((m.labels.class_id >= 0).sum()) for m in self.movies) + sum(
            int((d.label >= 0).sum()) for d in self.sets
        )


def read_sources(paths: Iterable[str | Path], params: RefineParams, progress: Progress) -> Sources:
    """Read data sets (``.h5``), folders of movies with label files, or single movies or label files.

    Raises
    ------
    DatasetError
        If something named is missing or damaged, or there is no label that can be learned from.
    """
    classes = read_class_map(params.class_map) if params.class_map else ClassMap()
    movies: list[Labelled] = []
    sets: list[Dataset] = []
    notes: list[str] = []
    for path in (Path(p).expanduser() for p in paths):
        if path.suffix.lower() in _DATASET and path.is_file():
            sets.append(read_dataset(path))
            continue
        pairs, bad = _pairs_of(path, classes)
        notes += [f"{file.name}: {reason}." for file, reason in bad]
        for k, pair in enumerate(pairs):
            step(progress, f"reading {pair.movie.name}", k, len(pairs))
            movies += _labelled(pair, params, classes, notes)
    if params.without_events:
        movies += movies_without_events(Path(params.without_events).expanduser(), params, movies, notes)
    if not movies and not sets:
        more = f" ({notes[0].rstrip('.')})" if notes else ""
        raise DatasetError(f"Nothing that was named holds a label to learn from{more}; label events of a movie first.")
    return Sources(tuple(movies), tuple(sets), tuple(notes))


def second_look_alone(sources: Sources, params: RefineParams) -> bool:
    """Tell whether the network stays as it is: that was asked for, or labels are too few or too one-sided for it."""
    if params.start == "new" or not sources.movies:
        return False
    others = any(m.complete for m in sources.movies) or any(k < 0 for k in sources.classes)
    one_sided = not others and not params.all_labelled
    return params.trainable == "second_look" or sources.events < FEWEST["refine"] or one_sided


def check_labels(sources: Sources) -> None:
    """Refuse what not even the second look can be taught.

    Raises
    ------
    DatasetError
        Too few labels.
    """
    labels = sum(len(m.labels) for m in sources.movies)
    if labels < FEWEST_LABELS and not any(m.complete for m in sources.movies):
        raise DatasetError(
            f"There {'is 1 label' if labels == 1 else f'are {labels} labels'}, and learning takes {FEWEST_LABELS} at "
            "least, events or places that are none; label more."
        )


def study_all(
    sources: Sources, params: RefineParams, card: ModelCard, classifier: Classifier | None, progress: Progress
) -> list[Study]:
    """Find and label the candidates of all labelled movies."""
    found = RandomParams.make(vision_radius=params.vision_radius, threshold_factor=params.threshold_factor)
    return [study(m, card, classifier, found, k, params.seed, progress) for k, m in enumerate(sources.movies)]


def check_sources(sources: Sources, params: RefineParams, card: ModelCard) -> None:
    """Refuse what nothing can be learned from, with what would help.

    Raises
    ------
    DatasetError
        Too few events, a single class, or samples of another shape than the network's.
    """
    for data in sources.sets:
        layout, config = data.info.layout, card.evit
        if layout.before != card.before or layout.after < card.after or layout.size != config.size:
            raise DatasetError(
                f"'{data.info.path.name}' has samples of {layout}, but the model '{card.name}' needs {config.frames} "
                f"frames ({card.before} before the peak) of {config.size} x {config.size} px; collect it again."
            )
    least, events = FEWEST[params.start], sources.events
    if events < least:
        have = {0: "is no labelled event", 1: "is 1 labelled event"}.get(events, f"are {events} labelled events")
        raise DatasetError(f"There {have}, and learning takes {least} at least; label more.")
    others = any(k < 0 for k in sources.classes) or any(m.complete for m in sources.movies)
    if not others:
        raise DatasetError(
            f"All {events} labels are events; label some places that are none as well (classes -1, -2, ...), or say "
            "that all events of the movies are labelled (all_labelled)."
        )


@dataclass(frozen=True)
class Own:
    """What is learned from and what is held out of a user's labels.

    Attributes
    ----------
    learn, held
        Samples.
    split
        How they were parted, in words.
    notes
        Sentences the user should read.
    studies
        All labelled movies.
    """

    learn: Samples
    held: Samples
    split: str
    notes: tuple[str, ...]
    studies: tuple[Study, ...]
    _held_movies: tuple[tuple[Study, int], ...]
    _held_samples: Samples

    def judged(self, card: ModelCard, classifier: Classifier) -> list[Scored]:
        """Return what a network says of all that is held out."""
        scored = [judge(one, card, classifier, first) for one, first in self._held_movies]
        if len(self._held_samples):
            patches = centred(self._held_samples.x, card.evit.frames)
            scored.append(judge_samples(self._held_samples, patches, card, classifier))
        return scored


def prepare(
    sources: Sources, params: RefineParams, card: ModelCard, classifier: Classifier | None, progress: Progress
) -> Own:
    """Make samples of the sources and hold a part of them out, whole movies if there are several.

    Raises
    ------
    DatasetError
        If no event would be left on one side.
    """
    studies = study_all(sources, params, card, classifier, progress)
    parts = [s.samples for s in studies]
    frames = [s.sample_frame for s in studies]
    number = len(studies)
    for data in sources.sets:
        parts.append(Samples(data.x, data.label, data.movie + number))
        frames.append(data.info.rows.frame)
        number += max(len(data.info.movies), 1)
    samples, frame = join(parts), np.concatenate(frames)
    out, by = _held_out(samples, frame, params)
    held_movies = _held_movies(studies, samples, frame, out)
    of_sets = np.arange(len(samples)) >= sum(len(s.samples) for s in studies)
    learn, held = samples.take(~out), samples.take(out)
    for side, what in ((learn, "to learn from"), (held, "to judge by")):
        if not (side.label >= 0).any():
            raise DatasetError(f"No labelled event is left {what}; label events in more movies, or change held_out.")
    if not (learn.label < 0).any():
        raise DatasetError("No place without an event is left to learn from; label some (classes -1, -2, ...).")
    return Own(
        learn, held, by, tuple(_notes(studies, by)), tuple(studies), held_movies, samples.take(out & of_sets)
    )


def _pairs_of(path: Path, classes: ClassMap) -> tuple[list[Pair], list[tuple[Path, str]]]:
    """Return the labelled movies of a folder, or of one file: the movie or its labels."""
    if path.is_dir() and path.suffix.lower() != ".zarr":
        return find_pairs(path, classes.tag)
    if not path.exists():
        raise DatasetError(f"There is no '{path}'; name a data set (.h5), a movie, a label file, or a folder of these.")
    pairs, bad = find_pairs(path.absolute().parent, classes.tag)
    here = path.resolve()
    return [p for p in pairs if here in (p.movie.resolve(), p.labels.resolve())], [b for b in bad if b[0] == here]


def _labelled(pair: Pair, params: RefineParams, classes: ClassMap, notes: list[str]) -> list[Labelled]:
    """Return a movie with its usable labels, or none; a movie that cannot be read stops nothing."""
    asked = MovieParams.make(**params.model_dump(include=set(MovieParams.model_fields)))
    read = DatasetParams.make(**asked.model_dump(include=set(DatasetParams.model_fields)))
    changed = asked != MovieParams()
    try:
        movie = open_pair(Pair(pair.labels, pair.movie, asked if changed else pair.params), read)
        said = read_labels(pair.labels, reference=movie.reference)
        usable, bad = usable_labels(said, movie, classes, params.vision_radius)
    except Cancelled:
        raise
    except IveaError as error:
        notes.append(f"{pair.movie.name}: {error}")
        return []
    if bad:
        notes.append(f"{pair.labels.name}: {len(bad)} labels were left out; the first, '{bad[0][0]}', {bad[0][1]}.")
    return [Labelled(movie, usable, params.all_labelled)] if len(usable) else []


def _held_out(samples: Samples, frame: NDArray, params: RefineParams) -> tuple[NDArray[np.bool_], str]:
    """Choose what is held out; all that is no event counts as one class, so that events decide."""
    n = len(samples)
    kind = np.where(samples.label >= 0, samples.label, -1)
    place = np.full(n, np.nan)
    rows = Rows(kind, samples.movie, frame, place, place, np.zeros(n, int), np.full(n, -1))
    split = split_rows(rows, params.held_out, params.seed)
    out = np.isin(np.arange(n), split.held_out)
    if split.by == "movie":
        held = len(np.unique(samples.movie[out]))
        return out, f"{held} of {len(np.unique(samples.movie))} movies held out"
    # Samples of one frame stay on one side.
    out = frame >= frame[out].min() if (frame >= 0).all() else out
    return out, "the last part of the only movie held out"


def _held_movies(
    studies: Sequence[Study], samples: Samples, frame: NDArray, out: NDArray[np.bool_]
) -> tuple[tuple[Study, int], ...]:
    """Return the movies to judge by, each with the frame from which it is held out."""
    held = []
    for number, one in enumerate(studies):
        mine = samples.movie == number
        if not (mine & out).any():
            continue
        first = 0 if out[mine].all() else int(frame[mine & out].min())
        held.append((one, first))
    return tuple(held)


def _notes(studies: Sequence[Study], by: str) -> list[str]:
    notes = []
    unfound = sum(s.unfound for s in studies)
    if unfound:
        notes.append(
            f"{unfound} labelled {'event changes' if unfound == 1 else 'events change'} the movie too little to be "
            "looked at by the network; a threshold factor below 1 finds fainter ones."
        )
    if "only movie" in by:
        notes.append(
            "There is only one movie: what is held out is its last part, which tells less about new movies than a "
            "movie of its own would."
        )
    return notes


__all__ = [
    "FEWEST", "Own", "Sources", "check_labels", "check_sources", "prepare", "read_sources", "second_look_alone",
    "study_all",
]  # fmt: skip
