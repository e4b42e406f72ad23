"""Errors a user can act on. Each message is one sentence that says what to do; the log holds the rest."""

from __future__ import annotations

import re

LONGEST = 300
"""Letters of a sentence: more would not be read. Names of files and values given by the user can be of any length."""
_QUOTED = re.compile(r"'[^']{41,}'")


def one_line(text: str) -> str:
    """Return a sentence in one line and of bearable length: what stands in quotes is shortened first, then the rest."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    while len(plain) > LONGEST:
        quoted = max(_QUOTED.findall(plain), key=len, default="")
        if not quoted:
            return plain[: LONGEST - 4].rstrip() + " ..."
        keep = max(36, len(quoted) - (len(plain) - LONGEST) - 5)
        plain = plain.replace(quoted, f"{quoted[: keep // 2]}...{quoted[-keep // 2 :]}", 1)
    return plain


class IveaError(Exception):
    """Base of every error IVEA raises on purpose."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class MovieError(IveaError):
    """The movie cannot be read or is not a time lapse IVEA can analyse."""


class TableError(IveaError):
    """A table of events is missing, damaged, or lacks a column."""


class DatasetError(IveaError):
    """A data set of training samples is missing, damaged, or does not fit another."""


class ParameterError(IveaError):
    """A parameter is out of range, unknown, or contradicts another."""


class ModelError(IveaError):
    """A model is unknown, damaged, or does not fit the job."""


class OutputError(IveaError):
    """Results cannot be written where they were asked for."""


class MissingDependencyError(IveaError):
    """An optional package is needed; the message names the command that installs it."""


class InstallError(IveaError):
    """The part that belongs in Fiji or ImageJ cannot be put there or taken away."""


class Cancelled(IveaError):
    """The user stopped the run."""
