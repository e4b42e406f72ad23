"""What the user sees: text on any terminal encoding, notes, JSON, and one progress bar."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from tqdm import tqdm

OUTPUT_GROUP = Group("Output", sort_key=1)
_ONE_PRESS_S = 0.5
"""Signals closer than this are one Ctrl-C: shells and wrappers pass it to a program and to its group."""


def _flag(text: str) -> Parameter:
    return Parameter(help=text, negative=(), group=OUTPUT_GROUP, show_default=False)


@Parameter(name="*")
@dataclass(frozen=True)
class Talk:
    """How much a command says, and in which form."""

    json: Annotated[bool, _flag("Print one JSON object on standard output instead of text.")] = False
    quiet: Annotated[bool, _flag("Print errors only.")] = False
    verbose: Annotated[bool, _flag("Print the log, and the traceback of an error.")] = False

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not (self.quiet or self.json):
            print(text)

    def note(self, text: str) -> None:
        """Print something the user should know, on standard error."""
        if not self.quiet:
            print(f"note: {text}", file=sys.stderr)

    def complain(self, text: str) -> None:
        """Print a fault that does not end the command, on standard error."""
        print(f"ivea: {' '.join(text.split())}", file=sys.stderr)

    def data(self, value: dict[str, Any]) -> None:
        """Print `value` if JSON was asked for."""
        if self.json:
            print_json(value)

    @contextmanager
    def progress(self) -> Iterator[Bar]:
        """Give a progress that draws on a terminal and stops on Ctrl-C."""
        bar = Bar(visible=not (self.quiet or self.json) and sys.stderr.isatty())
        with _ctrl_c(bar):
            try:
                yield bar
            finally:
                bar.close()


class Bar:
    """One bar on standard error that shows the current stage."""

    def __init__(self, *, visible: bool) -> None:
        self.stop_asked = False
        self._visible = visible
        self._stage = ""
        self._bar: tqdm[Any] | None = None

    def update(self, stage: str, done: int, total: int) -> None:
        """Draw how far `stage` has come."""
        if not self._visible:
            return
        if self._bar is None:
            from tqdm import tqdm

            style = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            self._bar = tqdm(total=total, desc=stage, leave=False, dynamic_ncols=True, bar_format=style)
            self._stage = stage
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(total=total)
            self._bar.set_description(stage)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def cancelled(self) -> bool:
        """Return True after Ctrl-C."""
        return self.stop_asked

    def close(self) -> None:
        """Wipe the bar; the next report draws it anew."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def _ctrl_c(bar: Bar) -> Iterator[None]:
    """Let the first Ctrl-C end the run at its next step, so that no file is left half-written; the second at once."""
    owner = os.getpid()
    asked: list[float] = []

    def handle(signum: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            return  # a worker process that inherited this; its parent ends it
        if not asked:
            asked.append(time.monotonic())
            bar.stop_asked = True
            print("\nstopping ... (Ctrl-C again stops at once)", file=sys.stderr)
        elif time.monotonic() - asked[0] > _ONE_PRESS_S:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def any_encoding() -> None:
    """Make printing never fail, whatever the terminal's encoding: what it lacks is shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def print_json(value: dict[str, Any]) -> None:
    """Print `value` as ASCII JSON; NaN and infinity, which JSON lacks, become null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=True, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # numpy scalars
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
