"""The version, in one place: packaging, run records and the command line read it here."""

__version__ = "0.1.0"
