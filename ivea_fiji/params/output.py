"""What is written beside tables and ROIs."""

from __future__ import annotations

from ivea_fiji.params.base import Params, field


class OutputParams(Params):
    """Result files that can be left out."""

    overview: bool = field(
        True, "Overview picture", "Draw a picture of the cell, its events and their traces.", advanced=True
    )
    training_rois: bool = field(
        False,
        "Training ROIs",
        "Also write the ROIs of events and rejected candidates with their class, for labelling and training.",
        advanced=True,
    )
