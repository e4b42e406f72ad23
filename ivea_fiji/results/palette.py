"""One colour per class, the same in ROIs and pictures, told apart by people who see colours differently."""

from __future__ import annotations

_EVENTS = ("#E69F00", "#56B4E9", "#CC79A7", "#009E73", "#F0E442", "#D55E00")
"""Okabe and Ito's palette without black and its dark blue, which vanish on dark images."""
_ARTEFACT = "#999999"


def class_colour(class_id: int) -> str:
    """Return the colour of a class as ``#RRGGBB``; all artefacts share a grey."""
    return _EVENTS[class_id % len(_EVENTS)] if class_id >= 0 else _ARTEFACT


def class_group(class_id: int) -> int:
    """Return the ImageJ ROI group of a class: kinds of fusion 0, 1, 2 are groups 1, 2, 3; artefacts -1 ... are 11 ...

    Groups run from 1 to 255; what lies beyond shares the last one.
    """
    return min(class_id + 1, 10) if class_id >= 0 else min(10 - class_id, 255)
