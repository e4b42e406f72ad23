"""Families of movies of random bursts: ways in which movies came to be, that share no code for light and artefacts.

A movie is named by its family and its number, and every call makes the same one. Movies that others made are given as a
folder with a folder for each seed (`s100`), which has `NAME.tif` and `NAME.truth.csv`; seeds below 100 judge only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.foreign import read_truth_csv
from benchmarks.recordings import RECORDINGS, file_of, load
from benchmarks.retaken import retaken
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.open import open_movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params import MovieParams
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.simulation.inserted import insert_events
from ivea_fiji.simulation.paper import simulate_paper
from ivea_fiji.simulation.simulate import simulate
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.training.dataset import training_movie

SIMULATED = ("physics", "paper", "molecules", "widefield", "inserted")
_FIRST = {"physics": 5_000_000, "paper": 5_100_000, "molecules": 5_000_000, "widefield": 5_000_000,
          "inserted": 5_000_000}  # fmt: skip
_KINDS = {"mixed": 0.45, "ph_sensitive": 0.12, "ph_insensitive": 0.18, "latent": 0.12, "none": 0.13}
_INSERTED_KINDS = {"mixed": 0.5, "ph_sensitive": 0.15, "ph_insensitive": 0.2, "latent": 0.15}
_INTO = ("golgi", "cells", "mitosis", "telomeres")
_RETAKEN_FROM = {"physics": 80, "molecules": 240, "widefield": 240, "inserted": 96}
"""Numbers from which movies of a family are as another camera would have written them."""
JUDGES_BELOW = 100
"""Seeds of movies of others below this train nothing and choose nothing."""


@dataclass(frozen=True)
class Case:
    """A movie with its truth."""

    family: str
    name: str
    movie: Movie
    events: tuple[TrueEvent, ...]
    artefacts: NDArray[np.float32]
    unclear: NDArray[np.float32]
    """Rows ``(frame, y, x)``; a place of NaN means everywhere."""
    until: float = math.inf
    """Frame from which nothing counts."""
    visible_z: float = 0.0
    """Events fainter than this need not be found."""


def simulated(family: str, number: int, folder: Path | None = None) -> Case:
    """Return a movie of one of our own families.

    Parameters
    ----------
    family
        One of `SIMULATED`.
    number
        Which movie.
    folder
        Where recordings are that are not part of the repository; only the family 'inserted' needs them.
    """
    seed = _FIRST[family] + number
    rng = np.random.default_rng(number)
    name = f"{family}_{number}"
    if family == "physics":
        sim = training_movie(seed, "shifted" if number % 2 else "training")
    elif family == "paper":
        factor = float(np.exp(rng.uniform(np.log(0.1), np.log(10))))
        sim = simulate_paper(noise_factor=factor, seed=seed, frames=150, height=192, width=192)
    elif family == "inserted":
        into = _INTO[number % len(_INTO)]
        name += f"_{into}"
        sim = _inserted(into, seed, rng, folder)
    else:
        kind = str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
        frames = int(rng.integers(100, 240))
        events = 0 if kind == "none" else int(rng.integers(15, 45))
        sim = simulate(
            SimulationParams(recipe=family, kind=kind, seed=seed, frames=frames, height=160, width=160, events=events)
        )
    if number >= _RETAKEN_FROM.get(family, number + 1):
        sim = retaken(sim, rng)
    return _case(family, name, sim)


def _inserted(name: str, seed: int, rng: np.random.Generator, folder: Path | None) -> SimulatedMovie:
    movie = load(name, folder)
    frames = movie.read(0, movie.shape[0])
    if name == "cells":
        y, x = rng.integers(0, 250, 2)
        frames = frames[:, y : y + 256, x : x + 256]
    if rng.random() < 0.5:
        frames = frames[:, ::-1]
    if rng.random() < 0.5:
        frames = frames[:, :, ::-1]
    if rng.random() < 0.5:
        frames = np.swapaxes(frames, 1, 2)
    kind = str(rng.choice(list(_INSERTED_KINDS), p=list(_INSERTED_KINDS.values())))
    return insert_events(np.ascontiguousarray(frames), movie.pixel_size_um, movie.frame_interval_s, seed, kind)


def _case(family: str, name: str, sim: SimulatedMovie) -> Case:
    movie = Movie(
        ArraySource(sim.frames), name, frame_interval_s=sim.frame_interval_s, pixel_size_um=sim.pixel_size_um
    )
    visible = 0.0 if family == "paper" else 6.0
    return Case(family, name, movie, sim.events, sim.artefacts, sim.unclear, visible_z=visible)


def of_others(folder: Path, seeds: range) -> Iterator[Case]:
    """Yield the movies of random bursts that somebody else made; their files begin with ``rb_``."""
    for seed in seeds:
        for path in sorted((folder / f"s{seed}").glob("rb_*.tif")):
            yield other(path, f"foreign_{seed}_{path.stem}")


def other(path: Path, name: str) -> Case:
    """Return a movie with the table of its events beside it."""
    truth = read_truth_csv(path.with_name(f"{path.stem}.truth.csv"))
    events = tuple(
        TrueEvent(0, kind, int(frame), y, x, 0.0, 1.0, 1.5, 99.0)
        for (frame, x, y), kind in zip(truth.places, truth.kinds, strict=True)
    )
    unclear = truth.excused[:, [0, 2, 1]].astype(np.float32)
    nothing = np.zeros((0, 4), np.float32)
    return Case("foreign", name, open_movie(path, MovieParams()), events, nothing, unclear, truth.until)


def real(folder: Path | None) -> Iterator[Case]:
    """Yield the recordings without exocytosis that are there."""
    nothing = np.zeros((0, 4), np.float32)
    for name, recording in RECORDINGS.items():
        path = file_of(recording, folder)
        if name != "synactj" and path is not None and path.is_file():
            yield Case("real", f"real_{name}", load(name, folder), (), nothing, nothing[:, :3])
