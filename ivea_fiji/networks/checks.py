"""What a model must be before it is let in: its archive, card, weights, network and sample, none of which is trusted.

No file of a model can bring code with it: the card is JSON read by a fixed scheme, weights are numbers in HDF5 for a
network that is built here, the graph consists of standard ONNX operators, and the sample is read without unpickling.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ivea_fiji.errors import ModelError
from ivea_fiji.networks.card import (
    CARD,
    SAMPLE,
    SECOND_STAGE,
    SECOND_STAGE_ROWS,
    EvitConfig,
    GraphConfig,
    ModelCard,
    ModelFolder,
)
from ivea_fiji.networks.onnx_check import check_onnx
from ivea_fiji.networks.runtime import load_second_stage

MOST_BYTES = 1_000_000_000
"""Size of a model, unpacked."""
_MOST_FILES = 200
_MOST_RATIO = 500
_MOST_CARD = 2_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CLASS_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""
_TRIAL_S = 180
_LARGEST = {"side": 512, "classes": 100, "sample": 256}


def unpack(path: Path, folder: Path) -> None:
    """Unpack the archive of a model into an empty folder.

    Raises
    ------
    ModelError
        If it is damaged, encrypted, far too large, or has entries that would land elsewhere.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_entries(path, entries)
            for entry in entries:
                target = folder.joinpath(*PurePosixPath(entry.filename).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("xb") as file:
                    _copy(source, file, entry.file_size, path)
    except ModelError:
        raise
    except Exception as error:  # each kind of compression raises errors of its own
        raise ModelError(f"'{path.name}' is damaged or no zip of a model; get it again.") from error


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _MOST_FILES or size > MOST_BYTES or size > _MOST_RATIO * max(packed, 10_000):
        raise ModelError(f"'{path.name}' would unpack to {len(entries)} files of {size >> 20} MB, which is no model.")
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        bad = not parts or ".." in parts or parts[0].startswith("/") or any(":" in p or "\0" in p for p in parts)
        if bad or "\\" in entry.filename or len(entry.filename) > 300:
            raise ModelError(f"'{path.name}' holds '{entry.filename[:80]}', which would land in another folder.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ModelError(f"'{path.name}' holds the link '{entry.filename[:80]}', which a model never does.")


def _copy(source: Any, file: Any, size: int, path: Path) -> None:
    """Copy as many bytes as were announced; archives can lie about sizes."""
    left = size
    while chunk := source.read(min(1 << 20, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise ModelError(f"'{path.name}' holds more than it says, which is no model.")
        file.write(chunk)


def check_name(name: str) -> None:
    """Refuse a name that cannot be the name of a folder everywhere."""
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name) or name.endswith("."):
        raise ModelError(
            f"'{name[:80]}' cannot be the name of a model; take letters, digits, '-', '_' and '.', at most 64 of them."
        )


def check_folder(folder: Path, *, whole: bool = True) -> ModelFolder:
    """Check the model in a folder without running it.

    Parameters
    ----------
    folder
        Where it is.
    whole
        Whether network and sample must be there, as in one that is imported; else only what is there is checked.

    Raises
    ------
    ModelError
        If anything is missing, damaged, too large, or not what a model consists of.
    """
    if (folder / CARD).is_file() and (folder / CARD).stat().st_size > _MOST_CARD:
        raise ModelError("The card of the model is far too large.")
    model = ModelFolder(folder)
    card = model.card
    _check_card(card)
    for name in card.files:
        if Path(name).name != name or name in (CARD, ".", "..") or not _NAME.fullmatch(name):
            raise ModelError(f"The card of the model '{card.name}' names the file '{name[:80]}', which is none of it.")
        path = model.checked(name)
        if path.is_symlink():
            raise ModelError(f"The file {name} of the model '{card.name}' is a link; copy the file itself.")
        if name.endswith(".onnx"):
            check_onnx(path)
        elif name.endswith(".h5"):
            _check_weights(path, card.name)
        elif name == SECOND_STAGE:
            load_second_stage(model)
        elif name == SECOND_STAGE_ROWS:
            _check_rows(path, card.name)
        elif name != SAMPLE:
            raise ModelError(f"The model '{card.name}' has a file {name}, whose kind is not allowed.")
    if not whole and SAMPLE not in card.files:
        return model
    if whole and (SAMPLE not in card.files or not any(name.endswith(".onnx") for name in card.files)):
        raise ModelError(f"The model '{card.name}' lacks its network or its sample; export it again.")
    read_sample(model)
    return model


def _check_card(card: ModelCard) -> None:
    check_name(card.name)
    frames, shape = card.config.frames, sample_shape(card)
    if not all(2 <= n <= _LARGEST["side"] for n in shape) or not 2 <= len(card.classes) <= _LARGEST["classes"]:
        raise ModelError(f"The card of the model '{card.name}' tells impossible sizes.")
    if card.before < 0 or card.after < 0 or card.before + card.after + 1 != frames:
        raise ModelError(f"The card of the model '{card.name}' contradicts itself: frames before and after the peak.")
    ids = [entry.id for entry in card.classes]
    names = [entry.name for entry in card.classes]
    if len(set(ids)) < len(ids) or len(set(names)) < len(names) or not all(map(_CLASS_NAME.fullmatch, names)):
        raise ModelError(f"The card of the model '{card.name}' has unusable names or numbers of classes.")
    if not card.event_columns:
        raise ModelError(f"The model '{card.name}' has no event class (0 or more), so it can find nothing.")
    rules = (card.nu, card.spread_radius, card.repeat_frames, card.event_share)
    limits = 0 < card.threshold <= 1 and 0 <= card.second_threshold <= 1
    if not (limits and all(math.isfinite(v) and v >= 0 for v in rules)):
        raise ModelError(f"The card of the model '{card.name}' has an impossible threshold or rule.")


def _check_rows(path: Path, name: str) -> None:
    """Refuse rows of a second stage that are no arrays, or unfold to more than a model holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        with np.load(path, allow_pickle=False) as file:
            names = ("measures", "network", "event", "family") if size < MOST_BYTES else ()
            shapes = [file[name].shape[:1] for name in names]
    except Exception as error:  # see `read_sample`
        raise ModelError(f"The rows of the second stage of the model '{name}' are damaged; export it again.") from error
    if len(set(shapes)) != 1:
        raise ModelError(f"The rows of the second stage of the model '{name}' do not fit each other; export it again.")


def _check_weights(path: Path, name: str) -> None:
    """Refuse HDF5 files that lead to other files, or unfold to more than a model holds."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            total = _weigh(file, set(), name)
    except (OSError, KeyError, RuntimeError, ValueError, RecursionError) as error:
        raise ModelError(f"The weights of the model '{name}' are damaged; export it again.") from error
    if total > MOST_BYTES:
        raise ModelError(f"The weights of the model '{name}' unfold to {total >> 20} MB, which is no model.")


def _weigh(group: Any, seen: set[bytes], name: str) -> int:
    import h5py

    total = 0
    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise ModelError(f"The weights of the model '{name}' refer to another file, which is not allowed.")
        part = group[key]
        # Groups can contain themselves.
        mark = repr(h5py.h5o.get_info(part.id).addr).encode()
        if mark in seen:
            continue
        seen.add(mark)
        if isinstance(part, h5py.Group):
            total += _weigh(part, seen, name)
        elif isinstance(part, h5py.Dataset):
            if part.external or part.is_virtual:
                raise ModelError(f"The weights of the model '{name}' refer to another file, which is not allowed.")
            total += int(part.nbytes)
    return total


def read_sample(model: ModelFolder) -> tuple[np.ndarray, np.ndarray]:
    """Return the sample of a model: sequences (uint8) and their probabilities.

    Raises
    ------
    ModelError
        If it is damaged or does not fit the card.
    """
    card, path = model.card, model.checked(SAMPLE)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise ModelError(f"The sample of the model '{card.name}' is far too large.")
        with np.load(path, allow_pickle=False) as sample:
            patches, answer = sample["patches"], sample["probabilities"]
    except ModelError:
        raise
    except Exception as error:  # damaged members make zipfile, zlib and numpy raise errors of many kinds
        raise ModelError(f"The sample of the model '{card.name}' is damaged; export it again.") from error
    if not isinstance(patches, np.ndarray) or not isinstance(answer, np.ndarray):
        raise ModelError(f"The sample of the model '{card.name}' is damaged; export it again.")
    n = len(patches) if patches.ndim else 0
    fits = patches.shape[1:] == sample_shape(card) and answer.shape == (n, len(card.classes)) and n
    if not fits or n > _LARGEST["sample"] or patches.dtype != np.uint8 or answer.dtype.kind != "f":
        raise ModelError(f"The sample of the model '{card.name}' does not fit its card; export it again.")
    if not np.isfinite(answer).all() or np.abs(answer.sum(axis=1) - 1).max() > 1e-3:
        raise ModelError(f"The sample of the model '{card.name}' holds no probabilities; export it again.")
    return patches, answer


def sample_shape(card: ModelCard) -> tuple[int, ...]:
    """Return the shape of what a network is given for one candidate."""
    config = card.config
    if isinstance(config, EvitConfig | GraphConfig):
        return config.frames, config.size, config.size
    return config.regions, config.samples


def run_trial(folder: Path) -> None:
    """Let the network answer its sample in a process of its own, which may crash or hang without harm.

    Raises
    ------
    ModelError
        If it does not answer, or answers otherwise than its sample says.
    """
    command = [sys.executable, "-c", "from ivea_fiji.networks.trial import main; main()", str(folder)]
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TRIAL_S, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"The network did not answer its sample within {_TRIAL_S} s; it was not imported.") from error
    lines = [line.removeprefix("fault: ") for line in done.stdout.splitlines() if line.startswith("fault: ")]
    if lines:
        raise ModelError(lines[0])
    if done.returncode != 0 or "answered" not in done.stdout.split():
        raise ModelError("The network crashed when it was to answer its sample; it was not imported.")


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours, whatever is left in it."""
    shutil.rmtree(folder, ignore_errors=True)
