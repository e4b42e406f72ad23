"""Manage Models: which networks are at hand, whether they are whole; export, import, remove."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Literal

from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, field
from ivea_fiji.progress import Progress

if TYPE_CHECKING:
    from ivea_fiji.networks.card import ModelFolder

_COLUMNS = (
    "model", "module", "version", "title", "frames", "classes", "threshold", "licence", "folder", "state",
)  # fmt: skip
_WHOLE, _UNSEEN = "whole", "not looked at"


class ModelsParams(Params):
    """What to do with the networks."""

    action: Literal["list", "verify", "import", "export", "remove"] = field(
        "list",
        "Action",
        "'list' tells what is known of every network; 'verify' also compares its files with their checksums and lets "
        "it answer its sample; 'import' checks the file or folder named below and adds it to your models; 'export' "
        "writes the model named below as a zip; 'remove' takes the model named below, if it is yours, out of the list "
        "and keeps its folder elsewhere.",
    )
    model_file: str = field(
        "", "Model file", "Zip to import, or to write; of a model of the original IVEA, the zip of its folder. "
        "A folder does as well.", style="file",
    )
    model_name: str = field(
        "", "Model name", "Model to export or remove; importing, what to call the new one (empty keeps its own name).",
        style="model",
    )
    author: str = field("", "Author", "Who made the exported model, for its description.")
    really_remove: bool = field(
        False, "Really remove", "Without it, 'remove' only tells what it would remove."
    )


def _run(params: ModelsParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.networks.registry import check_models, list_models

    work = {"import": _import, "export": _export, "remove": _remove}.get(params.action)
    done = work(params) if work else ""
    folders = list_models()
    state = dict.fromkeys((folder.path.name for folder in folders), _UNSEEN)
    if params.action == "verify":
        state = {name: " ".join(faults) or _WHOLE for name, faults in check_models().items()}
    rows = [_row(folder, state.get(folder.path.name, _UNSEEN)) for folder in folders]
    read = {folder.path.name for folder in folders}
    rows += [[name, *[""] * (len(_COLUMNS) - 2), fault] for name, fault in state.items() if name not in read]
    with result_folder("") as target:
        path = target / "models.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([_COLUMNS, *rows])
    bad = [row[0] for row in rows if row[-1] not in (_WHOLE, _UNSEEN)]
    found = "1 model" if len(rows) == 1 else f"{len(rows)} models"
    checked = f"; not whole: {', '.join(bad)}" if bad else "; all are whole" if params.action == "verify" else ""
    return Reply(
        message=done or f"{found} found{checked}.",
        folder=str(target),
        temporary=True,
        tables=(Table("models", "IVEA models", str(path)),),
    )


def _import(params: ModelsParams) -> str:
    from ivea_fiji.networks.exchange import import_model

    if not params.model_file:
        raise ParameterError("Name the zip or folder of the model to import (model_file).")
    folder = import_model(params.model_file, params.model_name)
    return f"The model '{folder.card.name}' was imported; name it as model when you detect."


def _export(params: ModelsParams) -> str:
    from ivea_fiji.networks.exchange import export_model

    if not params.model_name or not params.model_file:
        raise ParameterError("Name the model to export (model_name) and the zip to write (model_file).")
    path = export_model(params.model_name, params.model_file, authors=[params.author] if params.author else [])
    return f"The model '{params.model_name}' was written to {path}."


def _remove(params: ModelsParams) -> str:
    from ivea_fiji.networks.exchange import removable, remove_model

    if not params.model_name:
        raise ParameterError("Name the model to remove (model_name).")
    folder = removable(params.model_name)
    if not params.really_remove:
        raise ParameterError(
            f"Nothing was removed yet: '{folder}' would be; to remove it, tick 'Really remove' (really_remove) too."
        )
    kept = remove_model(params.model_name)
    return f"The model '{params.model_name}' was removed; it is kept in '{kept}' and can be imported from there."


def _row(folder: ModelFolder, state: str) -> list[str]:
    card = folder.card
    kinds = " ".join(entry.name for entry in card.classes if entry.id >= 0)
    facts = (
        card.name, card.module, card.version, card.title, card.config.frames, kinds, card.limit(0, second_look=True),
        card.licence, folder.path,
    )  # fmt: skip
    return [*map(str, facts), state]


COMMAND = Command(
    "manage_models", "Manage Models...", "List the networks that can be used; verify, import, export and remove them.",
    ModelsParams, run=_run,
)  # fmt: skip
