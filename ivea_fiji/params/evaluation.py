"""Parameters of the comparison of found events with true ones."""

from __future__ import annotations

from ivea_fiji.params.base import Params, field


class EvaluationParams(Params):
    """When a found event counts as a true one."""

    max_distance_px: float = field(
        5.0, "Largest distance", "Events further apart than this are not the same.", unit="px", ge=0, le=1000,
        source="ours",
    )
    max_frames: float = field(
        6.0, "Largest time difference", "Events further apart in time than this are not the same.", unit="frames",
        ge=0, le=100_000, source="ours",
    )
    slow: float = field(
        1.5, "Slow events", "A slow event may be found later by this many times its duration (a cloud that also "
        "gathers slowly, Eq 16, earlier too).", ge=0, le=100, advanced=True, source="ours",
    )
    max_slow_frames: float = field(
        12.0, "Longest allowance for slow events", "Slow events are not given more time than this.", unit="frames",
        ge=0, le=100_000, advanced=True, source="ours",
    )
    min_peak_z: float = field(
        0.0,
        "Smallest visibility",
        "True events less visible than this (column peak_z) are ignored: not found, they are no miss; found, they are "
        "no false event. 0 counts all.",
        unit="noise SD",
        ge=0,
        le=1000,
    )


class LabelParams(EvaluationParams):
    """What else is to be known when a detection is compared with labels."""

    complete_labels: bool = field(
        True, "Labels are complete", "Every event of the movie is labelled, so whatever is found elsewhere is false. "
        "Off, only what is found at labels of events and artefacts counts.",
    )
    suggest: bool = field(
        False, "Suggest parameters", "Also try other threshold factors, confidences and repeat times, and say which "
        "fit the labels best; the movie is then looked at three times.",
    )
