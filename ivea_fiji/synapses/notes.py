"""Sentences that tell the user what to know of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Rejected
from ivea_fiji.movie.movie import Movie
from ivea_fiji.synapses.candidates import HEIGHT_Z
from ivea_fiji.synapses.drift import TELL_PX, largest
from ivea_fiji.synapses.model import Stimulus

_WORDS = {"stimulus": "a stimulus", "ammonium": "NH4+"}


def length_notes(frames: int, needed: int) -> list[str]:
    """Tell that a movie is shorter than what the network looks at, and what stood in for the rest."""
    if frames >= needed:
        return []
    return [
        f"The movie has {frames} frames and the network looks at {needed}: the first and last frame were repeated, so "
        "classes are less certain."
    ]


def drift_notes(drift: NDArray[np.float64], *, corrected: bool) -> list[str]:
    """Tell how far the image drifts ``(t, 2)``, px, and what was or can be done about it."""
    far = largest(drift)
    if corrected:
        return [f"Drift was corrected (correct_drift): frames were moved back by up to {far:.1f} px."]
    if far < TELL_PX:
        return []
    return [
        f"The image drifts by {far:.1f} px in the course of the movie; 'Correct drift' (correct_drift) keeps synapses "
        "in their place."
    ]


def stimulus_notes(movie: Movie, stimuli: list[Stimulus], *, asked: bool) -> list[str]:
    """Tell which stimuli were found, and that none was unless the user said when they are."""
    told = [
        f"Found {_WORDS[s.kind]} at frames {movie.file_frame(s.start)}-{movie.file_frame(s.end)}."
        for s in stimuli
        if not s.given
    ]
    if not asked and not any(s.kind == "stimulus" for s in stimuli):
        told.append("No stimulus was found: nowhere do many synapses begin to rise together.")
    return told


def nothing_found(rises: int, candidates: int, rejected: tuple[Rejected, ...], threshold: float) -> str:
    """Tell why there is no event."""
    if not rises:
        return (
            f"No events were found: nowhere does the movie brighten by more than {HEIGHT_Z:.3g} times its noise; if "
            "fainter events are expected, lower the threshold factor."
        )
    if not candidates:
        return "No events were found: all places where the movie brightens lie outside the cell mask."
    unwanted = sum(r.reason == "class not wanted" for r in rejected)
    if unwanted:
        return f"No events of the classes asked for were found, but {unwanted} of other classes."
    best = max(rejected, key=lambda r: r.probability)
    return (
        f"No events were found: of {len(rejected)} places where the movie brightens by more than its noise, the one "
        f"most like an activation has a probability of {best.probability:.2f}, below the threshold of {threshold:.2f}."
    )
