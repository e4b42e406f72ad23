"""Train or Refine Model: learn from labelled events, for dialogs and macros."""

from __future__ import annotations

from ivea_fiji.commands.base import Command, ImageInput, Picture, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import Cancelled, ParameterError
from ivea_fiji.params.base import Params, declared_in, field
from ivea_fiji.params.labels import NewModel
from ivea_fiji.params.refine import RefineParams
from ivea_fiji.progress import Progress


class LearnPlaces(Params):
    """Where labels are, and where the model goes."""

    label_folder: str = field(
        "", "Folder of labelled movies", "Folder of movies and label files: 'cell.tif' has its labels in "
        "'cell_training_rois.zip' beside it or in its result folder. Leave it empty to learn from a data set alone.",
        style="directory",
    )
    dataset_file: str = field(
        "", "Data set", "Data set (.h5) to learn from, alone or beside the folder.", style="file"
    )
    model_folder: str = declared_in(NewModel, "model_folder")


class TrainOrRefineParams(RefineParams, LearnPlaces):
    """Training and refinement as the menu offers them."""


def _run(params: TrainOrRefineParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.networks.registry import user_models
    from ivea_fiji.training.refine import refine
    from ivea_fiji.training.report import write_scores

    sources = [named for named in (params.label_folder, params.dataset_file) if named]
    if not sources:
        raise ParameterError("Name the folder of labelled movies (label_folder) or a data set (dataset_file).")
    chosen = RefineParams.make(**params.model_dump(include=set(RefineParams.model_fields)))
    try:
        made = refine(sources, params.model_folder or user_models(), chosen, progress=progress)
    except Cancelled:
        raise Cancelled("Training was stopped; the same command goes on where it was.") from None
    with result_folder("") as folder:
        table = write_scores(made.folder.card, folder / f"{made.folder.card.name}_scores.csv")
    path = made.folder.path
    return Reply(
        message=f"{made.sentence} Every dialog now finds it by this name.",
        notes=made.notes,
        folder=str(path),
        tables=(Table("scores", f"{made.folder.card.name} scores", str(table)),),
        pictures=(Picture(f"{made.folder.card.name} training", str(path / "report.png")),),
    )


COMMAND = Command(
    "train_or_refine_model",
    "Train or Refine Model...",
    "Adapt a model to events you labelled, or train a new one on them; detection can use it at once.",
    TrainOrRefineParams,
    run=_run,
    advanced_twin=True,
)
