"""Stationary bursts: synapses, which stay where they are and are active again and again. The whole way of a movie.

movie -> drift -> rises -> candidates -> 13 regions -> network -> synapses -> traces -> stimuli -> slow responses ->
events -> result
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import SHORT_FUSION, STIMULATION
from ivea_fiji.events.model import Candidates, Rejected
from ivea_fiji.events.prior import adapt_to_movie
from ivea_fiji.movie import ImageInput, Movie, check_frames, look_over, open_movie
from ivea_fiji.networks.card import ModelCard
from ivea_fiji.networks.registry import find_model_for
from ivea_fiji.networks.runtime import Classifier, make_classifier
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.progress import Laps, Progress, Silent, step
from ivea_fiji.synapses.activations import Called, Measured, assemble
from ivea_fiji.synapses.candidates import HEIGHT_Z, MEAN_Z, Rises, Scale, find_rises, learn_scales
from ivea_fiji.synapses.drift import largest, steady
from ivea_fiji.synapses.flashes import CHANCE, STRONG, find_flashes
from ivea_fiji.synapses.linking import find_places, link_rises
from ivea_fiji.synapses.model import StationaryResult, Stimulus
from ivea_fiji.synapses.notes import drift_notes, length_notes, nothing_found, stimulus_notes
from ivea_fiji.synapses.regions import RADIUS, stream_region_vectors
from ivea_fiji.synapses.sites import keep_one
from ivea_fiji.synapses.slow import LIKELY, SlowRises, averaged, fitted, frames_together
from ivea_fiji.synapses.slow_answers import answered, answers, with_slow
from ivea_fiji.synapses.stimulus import Onsets, find_stimuli, given_stimuli, numbered, parse_ranges, sensitivity
from ivea_fiji.synapses.traces import SiteTraces, measure_sites

log = logging.getLogger(__name__)

_PLACE = 1.5
"""Radius of a synapse in which its rises lie, over the search radius: those of a wide one scatter more."""
_STIMULI, _AMMONIUM = "Stimuli (stimuli)", "NH4+ (ammonium)"


def detect_stationary(
    movie: str | Path | NDArray | Movie | ImageInput,
    params: StationaryParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> StationaryResult:
    """Find the synapses of a movie, classify and measure their activations, and tell those of stimuli apart.

    Parameters
    ----------
    movie
        A file, an array ``(t, y, x)``, an opened movie, or an image of ImageJ.
    params
        All parameters; the defaults if None.
    progress
        Told about every stage, and asked whether to stop.
    **changes
        Single parameters to change, by name: ``detect_stationary("neuron.tif", stimuli="300-600")``.

    Returns
    -------
    StationaryResult
        Events, synapses, stimuli, traces, what was rejected, notes.

    Raises
    ------
    IveaError
        A movie that cannot be analysed, a parameter or a model that does not fit: one sentence that says what to do.
    Cancelled
        The progress asked to stop.
    """
    progress = progress or Silent()
    params = StationaryParams.make(**{**(params.model_dump() if params else {}), **changes})
    laps = Laps(log)
    folder = find_model_for("stationary", params.model)
    card = folder.card
    wanted = card.wanted(params.classes)
    opened = look_over(open_movie(movie, params), params.every_nth)
    named = _named(opened, params)
    needed = card.before + card.after + 1 + params.add_frames
    notes = [*opened.notes, *check_frames(opened), *length_notes(opened.shape[0], needed)]
    laps.end("open")
    still = steady(opened, params.correct_drift, progress, params.threads)
    notes += drift_notes(still.drift, corrected=still.corrected)
    laps.end("drift")
    scales, rises, linked = find_activations(still.movie, params, progress)
    candidates = linked.inside(opened.mask)
    laps.end("candidates")
    onset, probabilities = classify_activations(
        still.movie, candidates, card, lambda: make_classifier(folder, params.runtime, params.threads), params, progress
    )
    laps.end("classification")
    called, rejected = _decide(candidates, onset, probabilities, card, params, wanted, opened.shape[1:])
    laps.end("decision")
    traces = measure_sites(still.movie, called.centres, params.search_radius, progress, params.threads)
    laps.end("synapses")
    stimuli = _stimuli(called, traces, named, params)
    if named["stimulus"] != []:
        load = partial(make_classifier, folder, params.runtime, params.threads)
        slow = slow_rises(still.movie, opened.mask, card, load, params, progress)
        radius = _PLACE * params.search_radius
        slow, alone, stimuli = answers(
            slow, called, stimuli, opened.shape, radius, params.stimulus_ratio,
            threshold=params.confidence or card.threshold, find=named["stimulus"] is None,
        )  # fmt: skip
        rejected += alone
        if len(slow) and STIMULATION.id in wanted:
            called = with_slow(called, slow, opened.shape, radius)
            stimuli = answered(stimuli, called)
            traces = measure_sites(still.movie, called.centres, params.search_radius, progress, params.threads)
        laps.end("slow responses")
    after = card.after + params.add_frames
    events, sites = assemble(Measured(called, traces, stimuli, params, after, opened.steps(0, opened.shape[0])))
    notes += stimulus_notes(opened, stimuli, asked=named["stimulus"] is not None)
    if not events:
        notes.append(nothing_found(len(rises), len(candidates), rejected, params.confidence or card.threshold))
    laps.end("measurement")
    return StationaryResult(
        movie=opened,
        params=params,
        events=events,
        sites=sites,
        stimuli=tuple(stimuli),
        raw=traces.raw,
        background=traces.background,
        rejected=rejected,
        model=card.told(params.confidence),
        learned={
            "noise_median": float(np.median(scales[0].noise)),
            "height": HEIGHT_Z * params.threshold_factor,
            "mean": MEAN_Z * params.threshold_factor,
            "rises": len(rises),
            "candidates": len(candidates),
            "largest_drift_px": round(largest(still.drift), 3),
        },
        drift=still.drift,
        corrected=still.corrected,
        mean_image=traces.mean_image,
        notes=tuple(notes),
        timings=laps.seconds,
    )


def check_settings(params: StationaryParams) -> ModelCard:
    """Return the card of the network; raise the faults of `params` that no movie can cure, before a long batch.

    Raises
    ------
    ModelError, ParameterError, MissingDependencyError
        The network is unknown, damaged or of another module, lacks a class, or cannot be run; or frames are no ranges.
    """
    folder = find_model_for("stationary", params.model)
    folder.card.wanted(params.classes)
    parse_ranges(params.stimuli, _STIMULI)
    parse_ranges(params.ammonium, _AMMONIUM)
    make_classifier(folder, params.runtime, params.threads)
    return folder.card


def _named(movie: Movie, params: StationaryParams) -> dict[str, list[Stimulus] | None]:
    """Return the stimuli and NH4+ that the user named; None where they are to be found."""
    named: dict[str, list[Stimulus] | None] = {}
    for kind, text, label in (("stimulus", params.stimuli, _STIMULI), ("ammonium", params.ammonium, _AMMONIUM)):
        ranges = parse_ranges(text, label)
        named[kind] = None if ranges is None else given_stimuli(movie, ranges, kind, label)  # type: ignore[arg-type]
    return named


def _sensible(rises: Rises, params: StationaryParams) -> Rises:
    """Return the rises that exceed the thresholds of their frame: higher where a stimulus brightens everything."""
    if not params.adapt_to_stimulus:
        return rises
    factor = sensitivity(rises.activity, params.stimulus_ratio)[rises.frame.clip(0, len(rises.activity) - 1)]
    theta = params.threshold_factor * factor
    return rises.where((rises.mean > MEAN_Z * theta) & (rises.height > HEIGHT_Z * theta))


def find_activations(
    movie: Movie, params: StationaryParams, progress: Progress
) -> tuple[list[Scale], Rises, Candidates]:
    """Return the time scales, what rises at them, and the candidates that are linked of these."""
    scales = learn_scales(movie, params)
    rises = _sensible(find_rises(movie, scales, params, progress), params)
    return scales, rises, link_rises(rises, movie.shape[1:], _PLACE * params.search_radius, params.link_frames)


def classify_activations(
    movie: Movie, candidates: Candidates, card: ModelCard, load: Callable[[], Classifier], params: StationaryParams,
    progress: Progress,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the onset of every candidate and its probabilities ``(n, classes)``; `load` gives the network."""
    count = len(candidates)
    onset = candidates.frame.astype(np.int64)
    probabilities = np.zeros((count, len(card.classes)), np.float32)
    if not count:
        return onset, probabilities
    classifier = load()
    vectors = stream_region_vectors(
        movie, candidates.frame, candidates.y, candidates.x, before=card.before, after=card.after,
        added_frames=params.add_frames,
    )  # fmt: skip
    ids = [c.id for c in card.classes]
    # At the border of the image, what a jump dims may lie outside.
    whole = np.minimum.reduce([candidates.y, candidates.x, movie.shape[1] - 1 - candidates.y,
                               movie.shape[2] - 1 - candidates.x]) >= RADIUS  # fmt: skip
    for rows, moved, some in vectors:
        onset[rows], probabilities[rows] = moved, classifier.predict(some)
        strong = np.flatnonzero((candidates.strength[rows] >= STRONG) & whole[rows])
        if len(strong) and SHORT_FUSION.id in ids:
            flash, shift = find_flashes(some[strong], card.before)
            at = rows.start + strong[flash]
            onset[at] += shift[flash]
            probabilities[at] = (1 - CHANCE) / (len(ids) - 1)
            probabilities[at, ids.index(SHORT_FUSION.id)] = CHANCE
        step(progress, "classification", rows.stop, count)
    return onset, probabilities


def slow_rises(
    movie: Movie, mask: NDArray[np.bool_] | None, card: ModelCard, load: Callable[[], Classifier],
    params: StationaryParams, progress: Progress,
) -> SlowRises:
    """Return where the averages of 8 frames rise as an activation does, in `mask`; none in a very short movie."""
    together = frames_together(movie.shape[0])
    columns = card.event_columns
    if not together or STIMULATION.id not in [c.id for c in card.classes]:
        none = np.zeros(0, np.int64)
        return SlowRises(Candidates.empty(), none, none, none.astype(float), np.zeros((0, 1), np.float32), 1)
    means = averaged(movie, together, params.threads)
    _, _, found = find_activations(means, params, progress)
    found = found.inside(mask)
    onset, probabilities = classify_activations(means, found, card, load, params, progress)
    probabilities = adapt_to_movie(probabilities, columns, card.event_share if params.adapt_to_movie else 0.0)
    chance = probabilities[:, columns].sum(axis=1)
    best = np.array([card.classes[k].id for k in columns])[probabilities[:, columns].argmax(axis=1)]
    likely = np.flatnonzero(chance >= LIKELY)
    found = found[likely]
    centres = np.column_stack([found.y, found.x]).astype(np.float64)
    net = measure_sites(means, centres, params.search_radius, progress, params.threads).net
    return fitted(found, onset[likely], chance[likely], best[likely], net, together)


def not_repeated(
    candidates: Candidates, onset: NDArray[np.int64], score: NDArray, shape: tuple[int, ...], params: StationaryParams,
    repeat_frames: float,
) -> NDArray[np.bool_]:
    """Tell which likely candidates ``(n,)`` are kept: one per synapse within the repeat time."""
    radius = _PLACE * params.search_radius
    _, place = find_places(candidates.y, candidates.x, score, (shape[0], shape[1]), radius)
    return keep_one(place, onset, score, params.repeat_frames or repeat_frames)


def _decide(
    candidates: Candidates,
    onset: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    card: ModelCard,
    params: StationaryParams,
    wanted: set[int],
    shape: tuple[int, ...],
) -> tuple[Called, tuple[Rejected, ...]]:
    """Choose what is an event: probability, one per synapse and time, wanted classes."""
    n, columns = len(candidates), card.event_columns
    probabilities = adapt_to_movie(probabilities, columns, card.event_share if params.adapt_to_movie else 0.0)
    chance = probabilities[:, columns].sum(axis=1)
    ids = np.array([c.id for c in card.classes])
    likely = chance >= (params.confidence or card.threshold)
    best = np.array(columns)[probabilities[:, columns].argmax(axis=1)] if n else np.zeros(0, int)
    class_id = np.where(likely, ids[best], ids[probabilities.argmax(axis=1)]) if n else np.zeros(0, int)
    reason = np.full(n, "", object)
    reason[~likely] = np.where(class_id[~likely] >= 0, "below threshold", "artefact")
    score = chance * candidates.strength
    kept = np.flatnonzero(likely)
    radius = _PLACE * params.search_radius
    one = not_repeated(candidates[kept], onset[kept], score[kept], shape, params, card.repeat_frames)
    reason[kept[~one]] = "repeat"
    reason[(reason == "") & ~np.isin(class_id, list(wanted))] = "class not wanted"
    kept = np.flatnonzero(reason == "")
    kept = kept[np.lexsort((candidates.x[kept], candidates.y[kept], onset[kept]))]
    centres, place = find_places(candidates.y[kept], candidates.x[kept], score[kept], (shape[0], shape[1]), radius)
    names = {c.id: c.name for c in card.classes}
    called = Called(
        candidates[kept], onset[kept], class_id[kept], tuple(names[int(k)] for k in class_id[kept]), chance[kept],
        centres, place, np.zeros(len(kept), np.int64),
    )  # fmt: skip
    rejected = tuple(
        Rejected(
            int(onset[i]), float(candidates.y[i]), float(candidates.x[i]), int(class_id[i]), float(chance[i]),
            str(reason[i]),
        )
        for i in np.flatnonzero(reason != "")
    )
    return called, rejected


def _stimuli(
    called: Called, traces: SiteTraces, named: dict[str, list[Stimulus] | None], params: StationaryParams
) -> list[Stimulus]:
    """Return the stimuli that were named and those that are found, in order of time."""
    found: list[Stimulus] = []
    if any(given is None for given in named.values()):
        onsets = Onsets(called.onset, called.place, called.class_id)
        found = find_stimuli(onsets, traces.net, params.stimulus_ratio)
    every = [s for kind, given in named.items() for s in (given if given is not None else _of(found, kind, named))]
    return numbered(every)


def _of(found: list[Stimulus], kind: str, named: dict[str, list[Stimulus] | None]) -> list[Stimulus]:
    """Return the found stimuli of a kind that do not lie in one that the user named."""
    other = [s for given in named.values() for s in given or []]
    return [s for s in found if s.kind == kind and not any(s.start <= o.end and o.start <= s.end for o in other)]
