"""Real recordings without exocytosis: what is found in them is false, and events can be drawn into them.

The list says what each licence and the content allow. Recordings that are not part of the repository lie in a folder
that the user of a benchmark names.

    python -m benchmarks.recordings --folder DIR

prints the list, and whether each file is there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.markdown import markdown
from ivea_fiji.errors import MovieError, ParameterError
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.open import open_movie
from ivea_fiji.params import MovieParams

_EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@dataclass(frozen=True)
class Recording:
    """One recording without exocytosis."""

    name: str
    file: str
    """Below `examples/` if `committed`, else the name in the folder that the user names."""
    licence: str
    source: str
    """Who made it and where it comes from, as it has to be named."""
    train: bool
    """Whether networks may learn from it."""
    committed: bool
    """Whether it is part of the repository."""
    pixel_size_um: float | None
    frame_interval_s: float | None
    """Scale, None where unknown."""
    refusal: str = ""
    """Why networks may not learn from it, as a sentence goes on."""
    last_frame: int = 0
    """Last frame without exocytosis, counted from 1; 0 if there is none in all of it."""


RECORDINGS = {
    r.name: r
    for r in (
        Recording(
            "telomeres", "telomeres/timelapse_telomeres_2d.tif", "BSD-3-Clause",
            "Spotiflow 0.6.5 sample data, Copyright (c) 2023 Albert Dominguez Mantes, Martin Weigert",
            train=True, committed=True, pixel_size_um=0.11, frame_interval_s=0.05,
        ),
        Recording(
            "synactj", "synactj/testMovie.tif", "MIT",
            "SynActJ testInput/testMovie.tif, Copyright (c) 2020 Christopher Schmied",
            train=False, committed=True, pixel_size_um=0.162, frame_interval_s=2.0, last_frame=5,
            refusal="it has only 5 frames before the stimulus, too few to draw events into",
        ),
        Recording(
            "mitosis", "mitosis_c2.tif", "BSD-3-Clause", "microfilm test data, github.com/guiwitz/microfilm (58c1de3)",
            train=True, committed=False, pixel_size_um=None, frame_interval_s=None,
        ),
        Recording(
            "golgi", "golgi_bfa_xyt.tif", "CC-BY", "public sample data: Golgi apparatus under brefeldin A",
            train=True, committed=False, pixel_size_um=0.35144, frame_interval_s=59.86,
        ),
        Recording(
            "cells", "cells_2d_timelapse.tif", "BSD", "public sample data: migrating cells, Cell Tracking Challenge",
            train=True, committed=False, pixel_size_um=None, frame_interval_s=None,
        ),
        Recording(
            "molecules", "single_molecules_dense.tif", "GPL-3.0",
            "FreeTrace inputs/sample0.tiff, github.com/JunwooParkSaribu/FreeTrace (b61094d)",
            train=False, committed=False, pixel_size_um=0.16, frame_interval_s=None,
            refusal="its licence is GPL-3.0, so that networks may be validated on it, but must not learn from it",
        ),
    )
}  # fmt: skip
"""By name. `committed` ones are in `examples/`, with their licence."""


def find(name: str) -> Recording:
    """Return the recording of a name.

    Raises
    ------
    ParameterError
        If the list has no such name.
    """
    if name not in RECORDINGS:
        raise ParameterError(f"There is no recording '{name}' in the list; known ones are {', '.join(RECORDINGS)}.")
    return RECORDINGS[name]


def for_training(names: Sequence[str], folder: Path | str | None = None) -> list[Movie]:
    """Return recordings to learn from, in the order of their names.

    Parameters
    ----------
    names
        Names of the list.
    folder
        Where the files are that are not part of the repository.

    Raises
    ------
    ParameterError
        If one of them may not be learned from, before any is read.
    MovieError
        If a file is missing.
    """
    wanted = [find(name) for name in names]
    for r in wanted:
        if not r.train:
            raise ParameterError(f"The recording '{r.name}' is refused for training: {r.refusal}.")
    return [load(r.name, folder) for r in wanted]


def load(name: str, folder: Path | str | None = None) -> Movie:
    """Open a recording with the scale of the list; of `synactj` the frames before the stimulus.

    Parameters
    ----------
    name
        Name of the list.
    folder
        Where the file is if it is not part of the repository.

    Raises
    ------
    MovieError
        If the file is missing.
    """
    r = find(name)
    path = file_of(r, folder)
    if path is None:
        raise MovieError(
            f"The recording '{r.name}' is not part of the repository; name the folder that has '{r.file}'."
        )
    scale = {"pixel_size_um": r.pixel_size_um or 0.0, "frame_interval_s": r.frame_interval_s or 0.0}
    return open_movie(path, MovieParams(**scale, last_frame=r.last_frame))


def file_of(r: Recording, folder: Path | str | None) -> Path | None:
    """Return where a recording should be; None if only a folder could tell and none is given."""
    if r.committed:
        return _EXAMPLES / r.file
    return Path(folder) / r.file if folder else None


def listing(folder: Path | str | None) -> str:
    """Return the list as a table."""
    rows = [["name", "file", "licence", "source", "training", "there"]]
    for r in RECORDINGS.values():
        path = file_of(r, folder)
        there = "yes" if path is not None and path.is_file() else "no"
        rows.append([r.name, r.file, r.licence, r.source, "yes" if r.train else f"no: {r.refusal}", there])
    return markdown(rows)


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="folder of the recordings that are not part of the repository")
    print(listing(parser.parse_args().folder))


if __name__ == "__main__":
    main()
