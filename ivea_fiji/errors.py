"""Errors a user can act on. Each message is one sentence that says what to do; the log holds the rest."""


class IveaError(Exception):
    """Base of every error IVEA raises on purpose."""


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
