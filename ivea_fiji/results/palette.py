"""One colour per class, the same in ROIs and pictures, told apart by people who see colours differently."""

from __future__ import annotations

from typing import Any

_EVENTS = ("#E69F00", "#56B4E9", "#CC79A7", "#009E73", "#F0E442", "#D55E00")
"""Okabe and Ito's palette without black and its dark blue, which vanish on dark images."""
_ARTEFACT = "#999999"
INK, FAINT = "#222222", "#767676"
"""Colours of text and of axes."""
STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.labelcolor": INK, "text.color": INK, "axes.edgecolor": FAINT, "xtick.color": FAINT,
    "ytick.color": FAINT, "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "text.parse_math": False,
}  # fmt: skip
"""Settings of matplotlib for all pictures."""


def class_colour(class_id: int) -> str:
    """Return the colour of a class as ``#RRGGBB``; all artefacts share a grey."""
    return _EVENTS[class_id % len(_EVENTS)] if class_id >= 0 else _ARTEFACT


def class_group(class_id: int) -> int:
    """Return the ImageJ ROI group of a class: kinds of fusion 0, 1, 2 are groups 1, 2, 3; artefacts -1 ... are 11 ...

    Groups run from 1 to 255; what lies beyond shares the last one.
    """
    return min(class_id + 1, 10) if class_id >= 0 else min(10 - class_id, 255)
