"""Review and Label Events: declared here as the other entries are; its window is part of ImageJ's side."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.commands.base import Command
from ivea_fiji.events.classes import ARTEFACTS, FUSION, LATENT, NO_CLOUD
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.random import RandomParams

CLASSES = ", ".join(f"{kind.id} {kind.name.replace('_', ' ')}" for kind in (FUSION, NO_CLOUD, LATENT, *ARTEFACTS))
"""The classes of random bursts as the window's text."""


class ReviewParams(Params):
    """Which events are labelled, and where the labels go."""

    events_from: Literal[
        "auto", "last_result", "result_folder", "roi_manager", "roi_file", "candidates", "none"
    ] = field(
        "auto",
        "Events from",
        "'auto' goes on with the labels of this movie; if there are none, it takes its last result, else the ROIs of "
        "the ROI Manager, else candidates. 'candidates' looks for everything that brightens and keeps also what the "
        "network rejects, which is best for training. What is taken is added to the labels that are there.",
    )  # fmt: skip
    result_folder: str = field(
        "", "Result folder", "Folder with the results of this movie, for 'result_folder'.", style="directory"
    )
    roi_file: str = field(
        "", "ROI file", "ROI set (.zip) of events or labels, also of the original IVEA, for 'roi_file'.", style="file"
    )
    label_folder: str = field(
        "",
        "Label folder",
        "Folder of the labels, '<movie>_training_rois.zip' and their history; empty takes the movie's own, where "
        "training finds them. A folder for each person keeps the labels of several apart.",
        style="directory",
    )
    list_order: Literal["teaches_most", "most_informative", "time", "score", "number"] = field(
        "teaches_most",
        "List order",
        "'teaches_most' begins with what is most in doubt by all labels so far, each unlike those before it, with some "
        "of which the judge is sure among them; 'most_informative' with what the network is least sure of, by turns "
        "from every class; 'time' is that of the movie, 'score' begins with the most probable ones.",
    )  # fmt: skip
    judge_every: int = field(
        10,
        "Judge after",
        "After so many new labels what is reported is judged anew by all labels, while you go on; 0 only when asked.",
        unit="labels", ge=0, le=1000,
    )  # fmt: skip
    classes: str = field(
        CLASSES,
        "Classes",
        "Numbers and names of the classes, separated by commas; events from 0 up, artefacts negative. "
        "Those that results or labels bring along are added.",
    )
    model: str = field(
        RandomParams.model_fields["model"].default,
        "Model", "Network that judges candidates, for 'candidates'; its name or its folder.", style="model:random",
    )  # fmt: skip
    channel: int = field(
        1, "Channel", "Channel in which candidates are looked for, counted from 1; 0 takes the one that is shown.", ge=0
    )


COMMAND = Command(
    "review_and_label_events",
    "Review and Label Events...",
    "Step through events with the keys, say what each one is, and save the labels for training.",
    ReviewParams,
    image="movie",
)
