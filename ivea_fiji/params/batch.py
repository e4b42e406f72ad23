"""Parameters of batch processing."""

from __future__ import annotations

from ivea_fiji.params.base import Params, field
from ivea_fiji.params.output import OutputParams
from ivea_fiji.params.random import RandomParams


class FileParams(Params):
    """Which files of a folder are taken."""

    pattern: str = field(
        "*",
        "File names",
        "Pattern of the file names, such as *_green.tif; several are separated by semicolons. With * alone, every file "
        "whose ending is that of a movie is taken.",
    )
    recursive: bool = field(False, "Subfolders", "Also take the movies in folders within the folder.")


class BatchParams(OutputParams, RandomParams, FileParams):
    """Random bursts in all movies of a folder."""
