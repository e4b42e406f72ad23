"""The engine's process for Fiji, ``python -m ivea_fiji.worker``: an Appose worker that cannot leave its host waiting.

Scripts of its tasks may call ::

    task.outputs["reply"] = ivea_hello()
    task.outputs["reply"] = ivea_plan(task, request)
    task.outputs["reply"] = ivea_run(task, request, image)

with a request as `ivea_fiji.commands.calls` reads it and an Appose NDArray ``(plane, y, x)`` or None. Each answers one
JSON object as text with a `status`: 'ok' of the first two, 'done' or 'cancelled' of the last, 'error' of all.

The worker that comes with Appose loses its host when anything else is written to standard output, when a number is
not finite, or when two tasks end at once. Here the protocol has a stream of its own, answers are cleaned and written
under a lock, and one task runs at a time. It ends soon after its host, whatever it is doing.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import math
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

import numpy as np
from appose import python_worker
from appose.shm import NDArray as SharedArray
from appose.shm import SharedMemory
from appose.util import message

from ivea_fiji.commands.base import Reply
from ivea_fiji.commands.calls import PROTOCOL, carry_out, plan, read_call
from ivea_fiji.commands.modules import MODULES
from ivea_fiji.errors import Cancelled, IveaError
from ivea_fiji.version import __version__

log = logging.getLogger(__name__)

EAGER = (
    "cv2", "imagecodecs", "matplotlib.pyplot", "onnxruntime", "roifile", "scipy.ndimage", "scipy.optimize", "tifffile",
    "ivea_fiji.simulation.simulate", "ivea_fiji.simulation.writer",
    *(name for module in MODULES.values() for name in module.imports),
)  # fmt: skip
"""Imported before the first task, so that it does not pay for them; on Windows libraries must not load in a task."""
_UPDATE_S = 0.1
_GRACE_S = 5.0
"""What a task is given to stop by itself once the host is gone."""
_LONGEST = 1 << 24
"""Characters; a host with little memory silently stops listening at an answer of some hundred million."""

_one_at_a_time = threading.Lock()


def ivea_hello() -> str:
    """Return who answers."""
    facts = {
        "status": "ok", "protocol": PROTOCOL, "ivea": __version__, "python": platform.python_version(),
        "appose": version("appose"), "executable": sys.executable, "device": "CPU", "pid": os.getpid(),
    }  # fmt: skip
    return json.dumps(facts)


def ivea_plan(task: Any, request: str) -> str:
    """Return which pixels the command of `request` needs."""
    return _answer(lambda: {"status": "ok", **plan(read_call(request))})


def ivea_run(task: Any, request: str, image: Any = None) -> str:
    """Carry out the command of `request` and return its reply; `image` is an Appose NDArray, or None."""

    def work() -> dict[str, Any]:
        with _turn(task):
            pixels = None if image is None else image.ndarray()
            return carry_out(read_call(request), pixels, TaskProgress(task)).to_dict()

    answer = _answer(work)
    if image is not None:
        _let_go(image.shm)
    return answer


class TaskProgress:
    """Tells a task's listener how far the work is, ten times a second at most."""

    def __init__(self, task: Any) -> None:
        self._task = task
        self._last = -math.inf

    def update(self, stage: str, done: int, total: int) -> None:
        """Tell that `done` of `total` steps of `stage` are finished."""
        now = time.monotonic()
        if now - self._last >= _UPDATE_S:
            self._last = now
            self._task.update(stage, int(done), int(total))

    def cancelled(self) -> bool:
        """Return True once the host has asked to stop."""
        return bool(self._task.cancel_requested)


@contextmanager
def _turn(task: Any) -> Iterator[None]:
    """Wait until no other task runs; who waits can be stopped."""
    while not _one_at_a_time.acquire(timeout=_UPDATE_S):
        if task.cancel_requested:
            raise Cancelled("The run was stopped before it began.")
    try:
        yield
    finally:
        _one_at_a_time.release()


def _answer(work: Callable[[], dict[str, Any]]) -> str:
    """Return what `work` returns as JSON; of a fault, one sentence."""
    try:
        found = work()
    except Cancelled as error:
        found = Reply(str(error), status="cancelled").to_dict()
    except IveaError as error:
        found = Reply(str(error), status="error").to_dict()
    except MemoryError:
        sentence = "There is not enough memory; close other images or analyse fewer frames at a time (last frame)."
        found = Reply(sentence, status="error", details=traceback.format_exc()).to_dict()
    except Exception as error:
        log.exception("unforeseen")
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        sentence = f"Something unforeseen went wrong ({what}); please report it with the text in the Log window."
        found = Reply(" ".join(sentence.split()), status="error", details=traceback.format_exc()).to_dict()
    return json.dumps(plain(found), allow_nan=False)


def _let_go(memory: Any) -> None:
    """Give up a block of shared memory, which the host releases; arrays of it must be gone."""
    for _ in range(2):
        try:
            memory.close()
            return
        except BufferError:
            gc.collect()  # arrays in cycles
    log.warning("a block of shared memory is still in use")


def plain(value: Any) -> Any:
    """Return `value` as what JSON and any host know: numpy unpacked, what is not finite as null, the rest as text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | SharedArray | SharedMemory):
        return value
    return os.fspath(value) if isinstance(value, PurePath) else str(value)


def encode(data: dict[str, Any]) -> str:
    """Return a message of the protocol as one line; raise ValueError if no host could take it."""
    line = json.dumps(plain(data), cls=message._ApposeJSONEncoder, separators=(",", ":"), allow_nan=False)
    if len(line) > _LONGEST:
        raise ValueError(f"the answer is too long ({len(line)} characters)")
    return line


class Wire:
    """The protocol's own streams, so that nothing else is read or written there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.worker: Any = None
        self._in = os.fdopen(os.dup(0), encoding="utf-8", newline="\n")
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        # Whoever prints, a C library too, prints to standard error; whoever reads, a child too, finds nothing. On
        # Windows, libraries that look at standard input while they load would wait for our reading of it.
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def write(self, *texts: str, file: Any = None, flush: bool = True) -> None:
        """Stand in for `print`."""
        if file is not None:
            file.write(" ".join(texts) + "\n")
            return
        with self._lock:
            self._out.write(" ".join(texts) + "\n")
            self._out.flush()

    def read(self) -> str:
        """Stand in for `input`; when the host is gone, see to it that the process ends too."""
        line = self._in.readline()
        if not line:
            for task in list(self.worker.tasks.values()):
                task.cancel_requested = True
            end = threading.Timer(_GRACE_S, os._exit, (1,))
            end.daemon = True
            end.start()
            raise EOFError
        return line


def main() -> None:
    """Serve tasks until the host closes standard input."""
    from ivea_fiji.memory import MEMORY

    wire = Wire()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the host's terminal is the host's affair
    for name in EAGER:
        importlib.import_module(name)
    MEMORY.on = True  # one person works here, who may label what was just detected
    message.encode = encode
    python_worker.print = wire.write
    python_worker.input = wire.read
    wire.worker = python_worker.Worker()
    wire.worker.exports.update(ivea_hello=ivea_hello, ivea_plan=ivea_plan, ivea_run=ivea_run)
    wire.worker.run()


if __name__ == "__main__":
    main()
