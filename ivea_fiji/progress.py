"""How long work tells its progress and learns that it should stop.

The library never draws a bar or prints. It calls a ``Progress``; the command line, Fiji and
notebooks each bring their own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Protocol, TypeVar

from ivea_fiji.errors import Cancelled

T_co = TypeVar("T_co", covariant=True)


class Items(Protocol[T_co]):
    """What can be counted and gone through: lists, ranges, arrays."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T_co]: ...


class Progress(Protocol):
    """Anything that can be told how far a stage has come."""

    def update(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` steps of `stage` are finished."""

    def cancelled(self) -> bool:
        """Return True once the user has asked to stop."""


class Silent:
    """A progress that shows nothing and is never cancelled."""

    def update(self, stage: str, done: int, total: int) -> None:
        """Ignore the report."""

    def cancelled(self) -> bool:
        """Return False: nobody can cancel."""
        return False


def step(progress: Progress, stage: str, done: int, total: int) -> None:
    """Report progress and raise `Cancelled` if the user asked to stop."""
    heed(progress)
    progress.update(stage, done, total)


def each(items: Items[T_co], progress: Progress | None, stage: str) -> Iterator[T_co]:
    """Yield the items; before each, report how many are done and raise `Cancelled` if the user asked to stop."""
    for done, item in enumerate(items):
        if progress is not None:
            step(progress, stage, done, len(items))
        yield item


def heed(progress: Progress) -> None:
    """Raise `Cancelled` if the user asked to stop; for the middle of a long step."""
    if progress.cancelled():
        raise Cancelled("The run was stopped before it finished.")


class Laps:
    """Seconds per stage, from one end to the next.

    Parameters
    ----------
    log
        Told of every stage.
    """

    def __init__(self, log: logging.Logger) -> None:
        self.seconds: dict[str, float] = {}
        self._log = log
        self._last = time.perf_counter()

    def end(self, stage: str) -> None:
        """Take down how long a stage took that ends now."""
        now = time.perf_counter()
        self.seconds[stage], self._last = now - self._last, now
        self._log.info("%s: %.2f s", stage, self.seconds[stage])
