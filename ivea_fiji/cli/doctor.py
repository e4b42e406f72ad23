"""``ivea doctor`` looks whether everything is in place on this computer."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ivea_fiji.cli.console import Talk
from ivea_fiji.version import __version__

NEEDED = (
    "numpy", "scipy", "opencv-python-headless", "onnxruntime", "pydantic", "cyclopts", "tqdm", "tifffile",
    "imagecodecs", "zarr", "roifile", "pandas", "matplotlib", "appose", "h5py",
    "platformdirs", "scikit-learn", "threadpoolctl",
)  # fmt: skip
"""Distributions the package depends on; a test compares them with pyproject.toml."""

OPTIONAL = {
    "tensorflow": "training: pip install 'ivea-fiji[train]'",
    "psfmodels": "simulated movies of the recipe widefield: pip install 'ivea-fiji[widefield]'",
    "bioio": "nd2, czi and lif files: pip install 'ivea-fiji[formats]'",
}
_IMPORT_NAMES = {"opencv-python-headless": "cv2", "scikit-learn": "sklearn"}


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    text: str
    needed: bool = True
    """Whether the program cannot do its main job without it."""


def doctor(fiji: str = "", /, *, talk: Talk | None = None) -> int:
    """Check Python, packages, models, processor, folders and the way to Fiji; exit with 1 if something needed is bad.

    Parameters
    ----------
    fiji
        Folder of a Fiji or ImageJ that is to be looked at too.
    """
    from ivea_fiji.cli.doctor_fiji import fiji_checks

    talk = talk or Talk()
    checks = [*_python(), *_packages(), *_models(), *_machine(), *_folders(), *fiji_checks(fiji)]
    for check in checks:
        mark = "ok  " if check.ok else "BAD " if check.needed else "-   "
        talk.say(f"{mark} {check.name}: {check.text}")
    bad = [check.name for check in checks if check.needed and not check.ok]
    talk.say()
    talk.say("Everything needed is in place." if not bad else f"To be mended: {', '.join(bad)}.")
    talk.data({"ok": not bad, "checks": [vars(check) for check in checks]})
    return int(bool(bad))


def _python() -> list[Check]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    return [
        Check("IVEA", True, f"{__version__} in {Path(__file__).parents[1]}"),
        Check("Python", good, f"{version} on {platform.platform()}" + ("" if good else "; 3.11 or newer is needed")),
    ]


def _packages() -> list[Check]:
    checks = []
    for name in NEEDED:
        try:
            version = metadata.version(name)
            importlib.import_module(_IMPORT_NAMES.get(name, name))
            checks.append(Check(name, True, version))
        except Exception as error:  # a broken installation can fail in any way
            checks.append(Check(name, False, f"{type(error).__name__}: {error}; pip install '{name}'"))
    for name, purpose in OPTIONAL.items():
        found = importlib.util.find_spec(name) is not None
        checks.append(Check(name, found, "installed" if found else f"not installed; for {purpose}", needed=False))
    return checks


def _models() -> list[Check]:
    from ivea_fiji.networks.registry import check_models

    report = check_models()
    if not report:
        return [Check("models", False, "none found; install the package again")]
    return [
        Check(f"model {name}", not faults, " ".join(faults) or "weights, card and sample output agree")
        for name, faults in report.items()
    ]


def _machine() -> list[Check]:
    import onnxruntime

    providers: list[Any] = [name for name in onnxruntime.get_available_providers() if "CPU" not in name]
    gpu = ", ".join(name.removesuffix("ExecutionProvider") for name in providers if "Azure" not in name)
    return [
        Check("processor", True, f"{platform.machine()}, {os.cpu_count()} threads"),
        Check("graphics processor", bool(gpu), gpu or "not used; the processor is enough", needed=False),
    ]


def _folders() -> list[Check]:
    checks = []
    for name, folder in (("temporary folder", tempfile.gettempdir()), ("current folder", os.getcwd())):
        needed = name == "temporary folder"
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"x")
            free = shutil.disk_usage(folder).free / 1e9
            checks.append(Check(name, free > 0.1, f"{folder}, {free:.1f} GB free", needed=needed))
        except OSError as error:
            checks.append(Check(name, False, f"{folder} cannot be written: {error.strerror}", needed=needed))
    return checks
