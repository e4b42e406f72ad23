"""Parameters of data sets of training samples, and of the comparison of two annotators."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import Params, declared_in, field
from ivea_fiji.params.movie import MovieParams


class DatasetParams(Params):
    """How samples are cut out of labelled movies."""

    class_map: str = field(
        "", "Class map", "JSON file that tells which labels are which class, and the vision radius of each (that of "
        "the original program, or its list alone); empty takes every label as its own class.", style="file",
    )
    movie_folder: str = field(
        "", "Folder of movies", "Where the movies are, if they do not lie beside their labels; also in folders within.",
        style="directory",
    )
    recursive: bool = field(True, "Subfolders", "Also look in folders within the folder.")
    vision_radius: int = field(
        0, "Vision radius", "Half the side of the square that is cut around an event, where the class map tells none; "
        "0 chooses it from the pixel size, as detection does.", unit="px", ge=0, le=64, advanced=True,
    )
    centre_on: Literal["auto", "peak", "label"] = field(
        "auto", "Centre on", "'peak' moves every label to the intensity peak, as detection does with candidates; "
        "'label' takes frames as they are; 'auto' moves all labels but those that IVEA itself placed.", advanced=True,
    )
    edf_classes: Literal["auto", "expert", "merged"] = field(
        "auto", "ExoDeepFinder classes", "Meaning of the classes in annotations of ExoDeepFinder: 'expert' has "
        "exocytosis as 1, 'merged' has it as 2 and resting spots as 1; 'auto' tells by the file.", advanced=True,
    )
    unlabelled_class: str = field(
        "", "Unlabelled", "Class for ROIs that have none, such as -1; empty leaves them out.", advanced=True
    )
    frames_before: int = field(
        13, "Frames before", "Frames before the peak in a sample.", unit="frames", ge=1, le=200, advanced=True,
        source="paper: 28 frames in all",
    )
    frames_after: int = field(
        14, "Frames after", "Frames after the peak in a sample.", unit="frames", ge=1, le=400, advanced=True,
        source="paper: 28 frames in all",
    )
    patch_size: int = field(
        32, "Patch size", "Side of a sample.", unit="px", ge=8, le=128, advanced=True, source="paper"
    )
    channel: int = declared_in(MovieParams, "channel")
    z_is_time: Literal["auto", "yes", "no"] = declared_in(MovieParams, "z_is_time")
    reduce_frames: int = declared_in(MovieParams, "reduce_frames")
    reduce_with: Literal["max", "mean"] = declared_in(MovieParams, "reduce_with")
    pixel_size_um: float = declared_in(MovieParams, "pixel_size_um")
    every_nth: int = declared_in(MovieParams, "every_nth")
    bad_frames: str = declared_in(MovieParams, "bad_frames")
    scene: str = declared_in(MovieParams, "scene")
    colour: Literal["none", "red", "green", "blue"] = declared_in(MovieParams, "colour")

    def of_movie(self) -> MovieParams:
        """Return how the movies are read."""
        names = set(MovieParams.model_fields) & set(type(self).model_fields)
        return MovieParams.make(**self.model_dump(include=names))


class AgreementParams(Params):
    """When labels of two annotators are of the same event, and what becomes of those they disagree on."""

    max_distance_px: float = field(
        5.0, "Largest distance", "Labels further apart than this are not of the same event.", unit="px", ge=0, le=1000,
    )
    max_frames: float = field(
        6.0, "Largest time difference", "Labels further apart in time than this are not of the same event.",
        unit="frames", ge=0, le=100_000,
    )
    keep: Literal["agreed", "first", "all"] = field(
        "agreed", "Keep", "What becomes of labels in dispute: 'agreed' makes all of them undecided (class -99); "
        "'first' takes the first annotator's class where they differ, and keeps what only one has marked; 'all' keeps "
        "what only one has marked and makes undecided where they differ.",
    )
