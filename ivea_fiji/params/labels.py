"""Parameters of judging a movie by labels."""

from __future__ import annotations

from ivea_fiji.params.base import Params, declared_in, field
from ivea_fiji.params.refine import RefineParams


class LabelFile(Params):
    """By which labels a movie is judged."""

    label_file: str = field(
        "", "Label file", "Labels of this movie, such as '<movie>_training_rois.zip'; empty takes those beside the "
        "movie.", style="file",
    )


class ByLabels(LabelFile):
    """By which labels a movie is judged, and what they count for."""

    labels_decide: bool = field(
        True, "Labels decide", "What you called an event is in the result and what you called none is not, whatever "
        "the probability is; off, the judge decides these too.",
    )


class NewModel(Params):
    """How a model that is saved is called, and where."""

    new_name: str = declared_in(RefineParams, "new_name")
    model_folder: str = field(
        "", "Folder of models", "Folder in which the model's own folder is made; empty takes that of your models, "
        "where every dialog finds it.", style="directory", advanced=True,
    )
