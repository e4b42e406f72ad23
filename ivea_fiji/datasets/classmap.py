"""Class maps: which label of a ROI stands for which class, and how large its patch is (the original's JSON)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ivea_fiji.errors import DatasetError

_LARGEST_CLASS = 50
_LARGEST_RADIUS = 64
_HOW = "write a list such as [{\"class_label\": [0, 1], \"class_id\": 0, \"radius\": 14}]"


@dataclass(frozen=True)
class ClassMap:
    """What labels mean.

    Attributes
    ----------
    classes
        Class of each label; None takes every label as its own class.
    radius
        Vision radius of each label in px, where the map tells one.
    default_radius
        Vision radius of the others, px; 0 chooses it from the pixel size, as detection does.
    tag
        What stands behind a movie's name in the name of its ROI file.
    """

    classes: dict[int, int] | None = None
    radius: dict[int, int] = field(default_factory=dict)
    default_radius: int = 0
    tag: str = "_training_rois"

    def class_of(self, label: int) -> int | None:
        """Return the class of a label, or None if the map does not have it."""
        if self.classes is None:
            return label if abs(label) <= _LARGEST_CLASS else None
        return self.classes.get(label)


def read_class_map(path: str | Path) -> ClassMap:
    """Read a class map: a list of ``class_label``, ``class_id``, ``radius``, alone or in the original's settings file.

    Raises
    ------
    DatasetError
        If the file is missing or no class map.
    """
    path = Path(path).expanduser()
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DatasetError(f"There is no class map '{path}'; check its name.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"The class map '{path.name}' is no JSON text; {_HOW}.") from error
    settings: dict[str, Any] = told if isinstance(told, dict) else {}
    entries = told if isinstance(told, list) else next((v for v in settings.values() if _is_map(v)), None)
    if not _is_map(entries):
        raise DatasetError(f"'{path.name}' holds no class map; {_HOW}.")
    classes: dict[int, int] = {}
    radius: dict[int, int] = {}
    for entry in entries or []:
        class_id, size = _whole(path, entry["class_id"], _LARGEST_CLASS), entry.get("radius")
        labels = entry["class_label"] if isinstance(entry["class_label"], list) else [entry["class_label"]]
        for label in (_whole(path, value, 10**6) for value in labels):
            if classes.setdefault(label, class_id) != class_id:
                raise DatasetError(f"The class map '{path.name}' gives two classes to the label {label}; keep one.")
            if size is not None:
                radius[label] = _radius(path, size)
    default, tag = settings.get("default_radius"), settings.get("roi_file_tag")
    return ClassMap(
        classes,
        radius,
        0 if default is None else _radius(path, default),
        tag if isinstance(tag, str) and tag else ClassMap.tag,
    )


def _is_map(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, dict) and {"class_label", "class_id"} <= entry.keys() for entry in value)
    )


def _whole(path: Path, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > most:
        raise DatasetError(f"The class map '{path.name}' holds {value!r} where a whole number must stand.")
    return value


def _radius(path: Path, value: Any) -> int:
    radius = _whole(path, value, _LARGEST_RADIUS)
    if radius < 2:
        raise DatasetError(f"The class map '{path.name}' has a radius of {radius} px; take 2 px or more.")
    return radius
