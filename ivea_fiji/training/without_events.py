"""Movies in which nothing happens, as a person says: everything that changes in them is learned as no event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivea_fiji.datasets.cut import Usable
from ivea_fiji.datasets.pairs import is_movie
from ivea_fiji.errors import Cancelled, DatasetError, IveaError
from ivea_fiji.movie.open import open_movie
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.training.labelled import Labelled

_FEWEST_FRAMES = 20


def movies_without_events(
    folder: Path, params: RefineParams, others: Sequence[Labelled], notes: list[str]
) -> list[Labelled]:
    """Return the movies of a folder as movies that are labelled completely and have no event.

    Raises
    ------
    DatasetError
        There is no such folder, no movie in it that can be used, or one with labelled events.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder '{folder}' of movies without events; check its name.")
    with_events = {m.movie.path.resolve() for m in others if m.movie.path and (m.labels.class_id >= 0).any()}
    asked = MovieParams.make(**params.model_dump(include=set(MovieParams.model_fields)))
    none = np.zeros(0)
    nothing = Usable((), none.astype(int), none, none, none.astype(int), none.astype(int), none.astype(bool))
    found = []
    for path in sorted(p for p in folder.iterdir() if is_movie(p)):
        if path.resolve() in with_events:
            raise DatasetError(
                f"'{path.name}' is named as a movie without events and has labelled events; take it out of '{folder}'."
            )
        try:
            movie = open_movie(path, asked)
        except Cancelled:
            raise
        except IveaError as error:
            notes.append(f"{path.name}: {error}")
            continue
        if movie.shape[0] < _FEWEST_FRAMES:
            notes.append(f"{path.name}: left out, since {movie.shape[0]} frames are too few to tell.")
            continue
        found.append(Labelled(movie, nothing, True))
    if not found:
        raise DatasetError(f"'{folder}' has no movie without events that can be used; choose another folder.")
    return found
