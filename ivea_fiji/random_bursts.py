"""Random bursts: single vesicles that fuse anywhere in the cell. The whole way of a movie.

movie -> candidates -> patches -> network -> suppression -> events -> measurements -> result
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates import Thresholds
from ivea_fiji.classify import Judged, Scores, judge
from ivea_fiji.deciding import decide
from ivea_fiji.events.model import Event, Rejected, Result, Traces
from ivea_fiji.events.refine import centre_of_mass
from ivea_fiji.measure import measure_events, measure_windows, ring_radii
from ivea_fiji.memory import MEMORY
from ivea_fiji.movie import ImageInput, Movie, check_frames, look_over, open_movie
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import make_classifier
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import Window, stream_windows
from ivea_fiji.progress import Laps, Progress, Silent, step

log = logging.getLogger(__name__)

_TILE_OFFSETS = (-6, -3, -1, 0, 1, 2, 4, 6, 9, 12)
_TILES = 24
_POSSIBLE, _STRANGE, _MUCH, _FEW = 0.1, 0.05, 0.25, 8
"""Probability of what could be an event; familiarity of what is strange; share and number that are worth a sentence."""


def detect_random(
    movie: str | Path | NDArray | Movie | ImageInput,
    params: RandomParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> Result:
    """Find, classify and measure the exocytosis events of a movie.

    Parameters
    ----------
    movie
        A file, an array ``(t, y, x)``, an opened movie, or an image of ImageJ.
    params
        All parameters; the defaults if None.
    progress
        Told about every stage, and asked whether to stop.
    **changes
        Single parameters to change, by name: ``detect_random("cell.tif", confidence=0.9)``.

    Returns
    -------
    Result
        Events with kinetics, traces, what was rejected, thresholds, notes.

    Raises
    ------
    IveaError
        A movie that cannot be analysed, a parameter or a model that does not fit: one sentence that says what to do.
    Cancelled
        The progress asked to stop.
    """
    progress = progress or Silent()
    params = RandomParams.make(**{**(params.model_dump() if params else {}), **changes})
    laps = Laps(log)
    folder = find_model_for("random", params.model)
    folder.card.wanted(params.classes)
    opened = open_to_judge(movie, params)
    laps.end("open")
    judged = judge(opened, folder, params, progress, laps.end)
    MEMORY.keep(judged, folder, params)
    return result_of(judged, params, progress, laps)


def open_to_judge(movie: str | Path | NDArray | Movie | ImageInput, params: RandomParams) -> Movie:
    """Open a movie, leave out what is no data, and note what is wrong with it.

    Raises
    ------
    MovieError
        If it cannot be read, or nothing changes in it.
    """
    opened = look_over(open_movie(movie, params), params.every_nth)
    return replace(opened, notes=(*opened.notes, *check_frames(opened)))


def result_of(
    judged: Judged, params: RandomParams, progress: Progress, laps: Laps | None = None,
    said: NDArray[np.int64] | None = None,
) -> Result:
    """Decide what the events of a judged movie are, and measure them.

    Parameters
    ----------
    judged
        The movie.
    params
        All parameters.
    progress
        Told about every stage, and asked whether to stop.
    laps
        Told every finished stage; what was measured before is part of the result.
    said
        What a person says of the candidates, as in `decide`.

    Raises
    ------
    ParameterError
        If a class is wanted that the network does not know.
    """
    laps, movie, card = laps or Laps(log), judged.movie, judged.card
    accepted, rejected = decide(judged, params, said)
    laps.end("suppression")
    events, traces, tiles = _measure(movie, accepted, params, progress)
    laps.end("measurement")
    strange, told = _strangeness(judged.scores, judged.scores.probabilities[:, card.event_columns].sum(axis=1))
    notes = [*movie.notes, *_length_notes(movie, card), *told, *_cut_note(rejected)]
    if not events:
        threshold = card.limit(params.confidence, params.second_look)
        notes.append(_nothing_found(judged.everywhere, rejected, threshold, judged.thresholds))
    return Result(
        movie=movie,
        params=params,
        events=events,
        traces=traces,
        rejected=rejected,
        model=card.told(params.confidence, params.second_look),
        learned={
            **_learned(judged.thresholds), "vision_radius_px": judged.radius, "candidates": len(judged.candidates),
            "strange_share": strange,
        },
        mean_image=movie.mean_image(),
        patches=tiles[0],
        patch_events=tiles[1],
        patch_offsets=_tile_offsets(params),
        notes=tuple(notes),
        timings=laps.seconds,
    )


def check_settings(params: RandomParams) -> ModelCard:
    """Return the card of the network; raise the faults of `params` that no movie can cure, before a long batch.

    Raises
    ------
    ModelError, ParameterError, MissingDependencyError
        The network is unknown or damaged, lacks a class, or cannot be run.
    """
    folder = find_model_for("random", params.model)
    folder.card.wanted(params.classes)
    make_classifier(folder, params.runtime, params.threads)
    return folder.card


def _length_notes(movie: Movie, card: ModelCard) -> list[str]:
    frames, needed = movie.shape[0], card.config.frames
    if frames >= needed:
        return []
    return [
        f"The movie has {frames} frames and the network looks at {needed}: the first and last frame were repeated, so "
        "classes are less certain."
    ]


def _strangeness(scores: Scores, chance: NDArray) -> tuple[float, list[str]]:
    """Return the share of strange ones in what could be an event, and the sentence for a movie the model hardly knows.

    In movies of the kinds a model has learned from, one candidate in twenty has a familiarity below 0.05.
    """
    if scores.familiarity is None:
        return np.nan, []
    seen = scores.familiarity[chance >= _POSSIBLE]
    if not len(seen):
        return np.nan, []
    strange = float((seen < _STRANGE).mean())
    if len(seen) < _FEW or strange < _MUCH:
        return strange, []
    return strange, [
        f"This movie shows much that the model has not seen ({100 * strange:.0f} % of what could be an event): look at "
        "the doubtful events first (familiarity below 0.05), or label thirty and refine the model."
    ]


def _measure(
    movie: Movie, events: tuple[Event, ...], params: RandomParams, progress: Progress
) -> tuple[tuple[Event, ...], Traces, tuple[NDArray[np.float32], tuple[int, ...]]]:
    """Move events to their centre of mass, take traces, measure kinetics, keep tiles of the likeliest."""
    radius = params.search_radius
    window = Window(params.window_before, params.window_after, ring_radii(radius)[1] + 2)
    n = len(events)
    raw, background = np.full((2, n, window.frames), np.nan, np.float32)
    shown = sorted(sorted(range(n), key=lambda k: -events[k].probability)[:_TILES])
    offsets = np.array(_tile_offsets(params)) + window.before
    tiles = np.zeros((len(shown), len(offsets), 2 * window.radius + 1, 2 * window.radius + 1), np.float32)
    measured: list[Event] = []
    frame, y, x = (np.array([getattr(e, name) for e in events], float) for name in ("frame", "y", "x"))
    saturation = float(np.iinfo(movie.dtype).max) if np.issubdtype(movie.dtype, np.integer) else np.inf
    for rows, block in stream_windows(movie, frame, y, x, window, outside="nan"):
        some = events[rows]
        class_id = np.array([e.class_id for e in some])
        shift = centre_of_mass(block, window.before, class_id)
        # Windows were cut around whole pixels.
        centre = np.column_stack([np.rint(y[rows]), np.rint(x[rows])]) + shift
        raw[rows], background[rows] = measure_windows(block, shift[:, 0], shift[:, 1], radius)
        first = frame[rows].astype(int) - window.before
        kinetics = measure_events(
            raw[rows], background[rows], np.full(len(some), window.before), class_id, block,
            frame=frame[rows].astype(int), dy=shift[:, 0], dx=shift[:, 1], search_radius=radius, saturation=saturation,
            time=_steps(movie, first, window.frames),
        )  # fmt: skip
        _blank(movie, first, raw[rows], background[rows])
        measured += [
            replace(e, y=float(cy), x=float(cx), kinetics=k)
            for e, (cy, cx), k in zip(some, centre, kinetics, strict=True)
        ]
        for place, k in enumerate(shown):
            if rows.start <= k < rows.stop:
                tiles[place] = block[k - rows.start, offsets]
        step(progress, "measurement", rows.stop, n)
    traces = Traces(np.arange(-window.before, window.after + 1, dtype=np.int32), raw, background)
    return tuple(measured), traces, (tiles, tuple(events[k].event for k in shown))


def _steps(movie: Movie, first: NDArray[np.int_], frames: int) -> NDArray[np.float64] | None:
    """Return when the frames of windows that begin at frames `first` were taken ``(n, w)``, in usual intervals."""
    if movie.times_s is None or not len(first):
        return None
    return np.array([movie.steps(int(t), frames) for t in first])


def _blank(movie: Movie, first: NDArray[np.int_], *traces: NDArray[np.float32]) -> None:
    """Make traces NaN in the frames that are none; others stood in for them so far."""
    if not movie.bad:
        return
    bad = np.isin(first[:, None] + np.arange(traces[0].shape[1]), movie.bad)
    for trace in traces:
        trace[bad] = np.nan


def _tile_offsets(params: RandomParams) -> tuple[int, ...]:
    return tuple(t for t in _TILE_OFFSETS if -params.window_before <= t <= params.window_after)


def _cut_note(rejected: tuple[Rejected, ...]) -> list[str]:
    cut = sum(r.reason == "cut" for r in rejected)
    if not cut:
        return []
    many = f"{cut} likely events lie" if cut > 1 else "1 likely event lies"
    return [f"{many} so near to the first or last frame that nobody could tell, and so not reported (Least frames)."]


def _learned(t: Thresholds) -> dict[str, float]:
    return {
        "noise_median": float(np.median(t.noise)),
        "height": t.height,
        "prominence": t.prominence,
        "mean": t.mean,
        "fwhm_px": t.fwhm,
    }


def _nothing_found(
    changes: int, rejected: tuple[Rejected, ...], threshold: float, thresholds: Thresholds
) -> str:
    """Say why there is no event; `changes` counts candidates, those outside the cell as well."""
    if not changes:
        return (
            f"No events were found: nowhere does the movie change by more than {thresholds.height:.3g} times its "
            "noise; if fainter events are expected, lower the threshold factor."
        )
    if not rejected:
        return f"No events were found: all {changes} places where the movie changes lie outside the cell mask."
    unwanted = sum(r.reason == "class not wanted" for r in rejected)
    if unwanted:
        return f"No events of the classes asked for were found, but {unwanted} of other classes."
    best = max(rejected, key=lambda r: r.probability)
    return (
        f"No events were found: of {len(rejected)} places where the movie changes by more than its noise, the one "
        f"most like an exocytosis has a probability of {best.probability:.2f}, below the threshold of {threshold:.2f}."
    )
