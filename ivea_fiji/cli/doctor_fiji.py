"""The part of ``ivea doctor`` that looks at the way between ImageJ and this Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ivea_fiji.cli.doctor import Check
from ivea_fiji.errors import InstallError
from ivea_fiji.fiji.imagej import find_java, imagej_folder
from ivea_fiji.fiji.install import check as check_host
from ivea_fiji.fiji.layout import find_host
from ivea_fiji.fiji.libraries import APPOSE
from ivea_fiji.fiji.parts import find_parts

SHARED_MEMORY = Path("/dev/shm")
_ENOUGH = 1 << 30
_ANSWER_LIMIT_S = 120
_HELLO = {
    "task": "doctor", "requestType": "EXECUTE", "script": "task.outputs['reply'] = ivea_hello()", "inputs": {},
}  # fmt: skip


def fiji_checks(folder: str) -> list[Check]:
    """Return what is found of Java, our jars, the engine's process, shared memory, and of a Fiji `folder` if given."""
    checks = [_java(), _parts(), _worker(), *_memory()]
    return [*checks, *_host(folder)] if folder else [*checks, _own_imagej()]


def _java() -> Check:
    java = find_java()
    if java is None:
        return Check("Java", False, "not found; Fiji brings its own, `ivea imagej` needs one", needed=False)
    run = subprocess.run([java, "-version"], capture_output=True, text=True, errors="replace", timeout=30, check=False)
    version = next(iter((run.stderr or run.stdout).splitlines()), "unknown version")
    return Check("Java", run.returncode == 0, f"{version} ({java})", needed=False)


def _parts() -> Check:
    try:
        parts = find_parts(build=False)
    except InstallError as error:
        return Check("part for Fiji", False, str(error), needed=False)
    return Check("part for Fiji", True, f"{parts.shim} and {len(parts.scripts)} scripts", needed=False)


def _worker() -> Check:
    """Start the engine's process as Fiji does, in a folder that is not the source folder, and greet it."""
    try:
        with tempfile.TemporaryDirectory() as elsewhere:
            done = subprocess.run(
                [sys.executable, "-u", "-m", "ivea_fiji.worker"], input=json.dumps(_HELLO) + "\n", cwd=elsewhere,
                capture_output=True, encoding="utf-8", errors="replace", timeout=_ANSWER_LIMIT_S, check=False,
            )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("engine for Fiji", False, f"did not answer ({error})")
    reply = _reply(done.stdout)
    if reply is None:
        last = next(iter(done.stderr.strip().splitlines()[-1:]), f"exit code {done.returncode}")
        return Check("engine for Fiji", False, f"does not start ({last}); {sys.executable} -m pip install ivea-fiji")
    text = f"answers: IVEA {reply['ivea']}, Python {reply['python']}, appose {reply['appose']}, {reply['device']}"
    return Check("engine for Fiji", True, text)


def _reply(lines: str) -> dict[str, str] | None:
    """Return the engine's answer among the lines of its protocol."""
    for line in lines.splitlines():
        try:
            told = json.loads(line)
            return dict(json.loads(told["outputs"]["reply"]))
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _memory() -> list[Check]:
    """Look at the space through which Fiji hands over images; Windows and macOS set no limit of their own."""
    if not SHARED_MEMORY.is_dir():
        return []
    free = shutil.disk_usage(SHARED_MEMORY).free
    text = f"{free / 1e9:.1f} GB free in {SHARED_MEMORY}"
    if free < _ENOUGH:
        text += "; larger movies take the slower way through a temporary file"
    return [Check("shared memory", free >= _ENOUGH, text, needed=False)]


def _host(folder: str) -> list[Check]:
    """Look at a Fiji that was named."""
    try:
        host = find_host(folder)
        faults = check_host(host)
    except InstallError as error:
        return [Check("Fiji", False, str(error))]
    text = " ".join(faults) + f" `ivea fiji install '{host.root}'` mends it." if faults else "IVEA is in its menu"
    versions = host.copies(APPOSE[0].name).values()
    return [
        Check(host.name, not faults, f"{host.root}: {text}"),
        Check(f"Appose of {host.name}", bool(versions), ", ".join(versions) or "missing"),
    ]


def _own_imagej() -> Check:
    there = imagej_folder().is_dir()
    text = str(imagej_folder()) if there else "not made yet; name the folder of your Fiji to have it looked at"
    return Check("ImageJ of `ivea imagej`", there, text, needed=False)
