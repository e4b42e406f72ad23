"""Export a model as a zip, and import one from a zip or folder into the user's folder of models."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ivea_fiji.errors import ModelError, OutputError
from ivea_fiji.networks.card import CARD, ModelFolder
from ivea_fiji.networks.checks import check_folder, check_name, remove_folder, run_trial, unpack
from ivea_fiji.networks.description import write_description
from ivea_fiji.networks.original import CONFIG, convert, is_original
from ivea_fiji.networks.registry import find_model, model_roots, own_roots, user_models, verify_model

REMOVED = ".removed"
"""Folder of removed models, where none is found by name."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Time stamp inside zips, so that the same model gives the same bytes."""
_REPORT = "report.png"
_LARGEST_REPORT = 20_000_000


def export_model(
    name: str, out: str | Path, *, authors: Sequence[str] = (), replace_existing: bool = False
) -> Path:
    """Write a model as a zip: its files, and a description after bioimage.io.

    Parameters
    ----------
    name
        Name or folder of the model.
    out
        The ``.zip`` to write, or a folder for ``<name>.zip``.
    authors
        Who made the model, for the description.
    replace_existing
        Whether a file that is there already is replaced.

    Raises
    ------
    ModelError
        If the model is unknown or not whole.
    OutputError
        If the zip cannot be written, or is there already.
    """
    model = find_model(name)
    faults = verify_model(model)
    if faults:
        raise ModelError(faults[0])
    check_folder(model.path)
    path = Path(out).expanduser()
    path = path / f"{model.card.name}.zip" if path.is_dir() else path
    if path.suffix.lower() != ".zip":
        raise OutputError(f"A model is exported as a zip; let the name '{path.name}' end in .zip.")
    if path.exists() and not replace_existing:
        raise OutputError(f"There is a file '{path}' already; choose another name, or replace it on purpose.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ivea-", dir=path.parent) as staging:
            made = _packed(model, Path(staging), authors)
            os.replace(made, path)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written ({error.strerror}); choose another folder.") from error
    return path


def import_model(source: str | Path, name: str = "") -> ModelFolder:
    """Check a model and copy it into the user's folder of models.

    Parameters
    ----------
    source
        A zip or folder: of a model of IVEA for Fiji, or of one of the original program (``model_config.json`` beside a
        TensorFlow SavedModel).
    name
        What to call it; empty keeps its own name.

    Returns
    -------
    ModelFolder
        The model in its new place.

    Raises
    ------
    ModelError
        If it is damaged, dangerous, no model, does not answer its sample, or if there is one of its name already.
    OutputError
        If the folder of models cannot be written.
    MissingDependencyError
        If TensorFlow is needed for a model of the original program and not installed.
    """
    path = Path(source).expanduser()
    if name:
        check_name(name)
    if not path.exists():
        raise ModelError(f"There is no file or folder '{path}'; check its name.")
    target = user_models()
    with _staging(target) as staging:
        if path.is_dir():
            found = _model_in(path, path.name)
        else:
            unpack(path, staging / "unpacked")
            found = _model_in(staging / "unpacked", path.name)
        if is_original(found):
            convert(found, staging / "model", name or _free_stem(path))
        else:
            _take(check_folder(found), staging / "model", name)
        model = check_folder(staging / "model")
        _refuse_taken(model.card.name)
        run_trial(model.path)
        try:
            os.replace(model.path, target / model.card.name)
        except OSError as error:
            raise OutputError(f"The model cannot be written to '{target}' ({error.strerror}).") from error
    return ModelFolder(target / model.card.name)


def remove_model(name: str) -> Path:
    """Take a model of the user out of where models are found; those that come with IVEA stay.

    Nothing is deleted: its folder moves into ``.removed`` beside it, the time behind its name, and can be imported from
    there again.

    Returns
    -------
    pathlib.Path
        Where it is kept.

    Raises
    ------
    ModelError
        If there is none, or it is not one of the user's.
    OutputError
        If it cannot be moved.
    """
    folder = removable(name)
    kept = folder.parent / REMOVED / f"{folder.name}-{datetime.now():%Y-%m-%d-%H%M%S}"
    first, number = kept, 1
    while kept.exists():
        number += 1
        kept = first.with_name(f"{first.name}-{number}")
    try:
        kept.parent.mkdir(exist_ok=True)
        folder.rename(kept)
    except OSError as error:
        raise OutputError(
            f"The model '{name}' cannot be moved to '{kept}' ({error.strerror}); close what uses it and try again."
        ) from error
    return kept


def removable(name: str) -> Path:
    """Return the folder of a model that `remove_model` would take; also of one that is damaged.

    Raises
    ------
    ModelError
        If there is none, or it is not one of the user's.
    """
    roots = own_roots()
    plain = bool(name) and Path(name).name == name
    here = [root / name for root in roots if plain and (root / name / CARD).is_file()]
    folder = here[0] if here else find_model(name).path
    if folder.resolve().parent not in [root.resolve() for root in roots]:
        raise ModelError(f"The model '{name}' is not in your folder of models ({user_models()}); it was not removed.")
    return folder.absolute()


def _packed(model: ModelFolder, staging: Path, authors: Sequence[str]) -> Path:
    folder = staging / "model"
    folder.mkdir()
    names = [CARD, *model.card.files, *([_REPORT] if (model.path / _REPORT).is_file() else [])]
    for name in names:
        shutil.copyfile(model.path / name, folder / name)
    names += write_description(model, folder, authors)
    made = staging / "model.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            archive.writestr(entry, (folder / name).read_bytes())
    return made


def _model_in(folder: Path, shown: str) -> Path:
    """Return the folder of the model: this one, or the only one within it."""
    inside = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith((".", "__"))]
    for place in (folder, *inside):
        if (place / CARD).is_file() or (place / CONFIG).is_file():
            return place
    raise ModelError(f"'{shown}' holds no model: neither {CARD} nor {CONFIG} is in it.")


def _take(model: ModelFolder, folder: Path, name: str) -> None:
    """Copy the files of a checked model, and nothing else that may lie beside them."""
    folder.mkdir()
    for file in model.card.files:
        shutil.copyfile(model.path / file, folder / file)
    report = model.path / _REPORT
    if report.is_file() and not report.is_symlink() and _is_picture(report):
        shutil.copyfile(report, folder / _REPORT)
    card = model.card.model_copy(update={"name": name}) if name else model.card
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\x89PNG\r\n\x1a\n" and path.stat().st_size <= _LARGEST_REPORT


def _refuse_taken(name: str) -> None:
    for root in model_roots():
        if (root / name).exists():
            raise ModelError(f"There is a model '{name}' already (in {root}); import this one under another name.")


def _free_stem(path: Path) -> str:
    """Return a name for a model whose own cannot be the name of a folder."""
    text = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem).strip(".-_")
    return text[:64] or "imported"


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Give a hidden folder within the folder of models, so that a model appears there whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".import-", dir=folder))
    except OSError as error:
        raise OutputError(f"The folder of models '{folder}' cannot be written ({error.strerror}).") from error
    try:
        yield made
    finally:
        remove_folder(made)
