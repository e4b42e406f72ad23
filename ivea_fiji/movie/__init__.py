"""Reading movies: files, axes, scale, frame range, masks."""

from ivea_fiji.movie.checks import check_frames
from ivea_fiji.movie.image import ImageInput, Planes
from ivea_fiji.movie.look import look_over
from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.movie.open import open_movie

__all__ = ["FrameSource", "ImageInput", "Movie", "Planes", "check_frames", "look_over", "open_movie"]
