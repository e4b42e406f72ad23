"""Where models are found, and whether they are whole."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np

from ivea_fiji.errors import IveaError, ModelError
from ivea_fiji.networks.card import CARD, SAMPLE, ModelFolder
from ivea_fiji.networks.runtime import make_classifier, needed_file

log = logging.getLogger(__name__)

PATH_VARIABLE = "IVEA_MODELS_PATH"
_TOLERANCE = 1e-4
_checked: dict[Path, tuple] = {}
"""Names, sizes and times of the files of folders that were found to be models."""


def model_roots() -> list[Path]:
    """Return the folders that hold models: those of IVEA_MODELS_PATH, the user's, then the ones that come with IVEA."""
    return list(dict.fromkeys([*_asked_roots(), _data_folder(), *_stock_roots()]))


def own_roots() -> list[Path]:
    """Return those of `model_roots` that hold models of the user, not the ones that come with IVEA."""
    stock = [root.resolve() for root in _stock_roots()]
    return [root for root in model_roots() if root.resolve() not in stock]


def user_models() -> Path:
    """Return where models of the user are kept: the first folder of IVEA_MODELS_PATH, else one of the user's data."""
    return next(iter(_asked_roots()), _data_folder())


def _stock_roots() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    # Installed, the models lie in the package; in a source tree, beside it.
    return [package / "_models", package.parent / "models"]


def _asked_roots() -> list[Path]:
    return [Path(p).expanduser() for p in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if p]


def _data_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("ivea-fiji", appauthor=False)) / "models"


def list_models() -> list[ModelFolder]:
    """Return every readable model, each name once, in the order of `model_roots`."""
    found: dict[str, ModelFolder] = {}
    for root in model_roots():
        for card in sorted(root.glob(f"*/{CARD}")):
            try:
                folder = ModelFolder(card.parent)
            except ModelError:
                continue
            found.setdefault(folder.card.name, folder)
    return list(found.values())


def find_model(name: str, module: str = "") -> ModelFolder:
    """Return the model of a name, or in a folder; if there is none, the sentence names those for `module`, or all."""
    for root in model_roots() if Path(name).name == name else ():  # a path would lead out of the roots
        if (root / name / CARD).is_file():
            return ModelFolder(root / name)
    if name and Path(name).is_dir():
        return _trusted(Path(name))
    models = {f.card.name: f for f in list_models()}
    if name in models:  # its folder was renamed
        return models[name]
    known = ", ".join(name for name, f in models.items() if f.card.module == (module or f.card.module)) or "none"
    which = f"those for {module} bursts" if module else "known ones"
    raise ModelError(f"There is no model '{name}'; {which} are: {known}. A path to a model folder works as well.")


def _trusted(folder: Path) -> ModelFolder:
    """Return a model that was named by its folder, checked as one that is imported, once as long as nothing changes."""
    from ivea_fiji.networks.checks import check_folder

    try:
        content = tuple(sorted((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in folder.iterdir()))
    except OSError as error:
        raise ModelError(f"The model folder '{folder}' cannot be read ({error.strerror}).") from error
    if _checked.get(folder.resolve()) != content:
        check_folder(folder, whole=False)
        _checked[folder.resolve()] = content
    return ModelFolder(folder)


def find_model_for(module: str, name: str) -> ModelFolder:
    """Return the model of a name, or in a folder, if it is for this module ('random' or 'stationary')."""
    folder = find_model(name, module)
    if folder.card.module != module:
        fitting = ", ".join(f.card.name for f in list_models() if f.card.module == module) or "none is at hand"
        raise ModelError(
            f"The model '{folder.card.name}' is for {folder.card.module} bursts, not for {module} ones; take one that "
            f"is: {fitting}."
        )
    return folder


def verify_model(folder: ModelFolder, runtime: str = "onnx") -> list[str]:
    """Return what is wrong with a model: checksums, and the answer to its sample; empty if it is whole."""
    faults = []
    for name in {SAMPLE: None, needed_file(folder.card, runtime): None, **folder.card.files}:
        try:
            folder.checked(name)
        except IveaError as error:
            faults.append(str(error))
    return faults or _wrong_answer(folder, runtime)


def check_models(name: str = "") -> dict[str, list[str]]:
    """Return the faults of one model or of all, by name; an empty list means whole."""
    if name:
        # One in a folder is not refused before its faults are listed.
        named = ModelFolder(Path(name)) if Path(name).is_dir() else find_model(name)
        return {name: verify_model(named)}
    # Not list_models, which leaves out a model whose card cannot be read.
    paths = [card.parent for root in model_roots() for card in sorted(root.glob(f"*/{CARD}"))]
    report: dict[str, list[str]] = {}
    for path in paths:
        try:
            report.setdefault(path.name, verify_model(ModelFolder(path)))
        except IveaError as error:
            report.setdefault(path.name, [str(error)])
    return report


def _wrong_answer(folder: ModelFolder, runtime: str) -> list[str]:
    from ivea_fiji.networks.checks import read_sample

    try:
        patches, expected = read_sample(folder)
        answer = make_classifier(folder, runtime).predict((patches / 255).astype(np.float32))
    except ModelError as error:
        return [str(error)]
    except Exception as error:  # the runtime raises many kinds, for example if the input has another shape
        log.info("%s", folder.path, exc_info=True)
        return [f"The network of '{folder.card.name}' cannot answer its sample ({type(error).__name__})."]
    if answer.shape != expected.shape:
        return [f"The network of '{folder.card.name}' answers with the shape {answer.shape}, which does not fit."]
    worst = float(np.abs(answer - expected).max())
    if worst > _TOLERANCE:
        return [f"The model '{folder.card.name}' answers its sample differently (by {worst:.2g})."]
    return []
