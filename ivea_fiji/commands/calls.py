"""A command called by a host: read from JSON, planned before any pixel travels, and carried out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from numpy.typing import NDArray

from ivea_fiji.commands.base import Command, ImageInput, Reply
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.errors import ParameterError
from ivea_fiji.movie.image import Planes
from ivea_fiji.params.base import Params
from ivea_fiji.progress import Progress

PROTOCOL = 1
"""Raised when the meaning of a request or of a reply changes."""
_UPDATE = "update both with: pip install -U ivea-fiji, then: ivea fiji install FIJI_FOLDER"


@dataclass(frozen=True)
class Call:
    """A command with what it was given."""

    command: Command
    params: Params
    image: ImageInput | None = None


def read_call(text: str) -> Call:
    """Read a request.

    Parameters
    ----------
    text
        JSON object with `protocol`, `command`, `params` (by name; numbers and yes/no may be text), and `image` (the
        attributes of `ImageInput` but its pixels, or null).

    Raises
    ------
    ParameterError
        If the host is of another version, or asks what is not there.
    """
    request: dict[str, Any] = json.loads(text)
    if request.get("protocol") != PROTOCOL:
        raise ParameterError(
            f"The plugin speaks protocol {request.get('protocol')} and the engine {PROTOCOL}; {_UPDATE}."
        )
    name = request.get("command")
    command = COMMANDS.get(str(name))
    if command is None or command.host_only:
        known = ", ".join(entry.name for entry in COMMANDS.values() if not entry.host_only)
        raise ParameterError(f"The engine has no command '{name}'; it has {known}.")
    params = command.params.make(**request.get("params") or {})
    image = _image(request.get("image") or {})
    if command.image != "none" and image is None:
        raise ParameterError(f"{command.title.rstrip('.')} works on an image, and none is open; open a movie first.")
    return Call(command, params, image if command.image != "none" else None)


def _image(told: dict[str, Any]) -> ImageInput | None:
    if not told.get("width"):  # ImageJ stands an empty image for none
        return None
    known = {entry.name for entry in fields(ImageInput)} - {"pixels"}
    for key in told:
        if key not in known:
            raise ParameterError(f"The plugin told '{key}' of the image, which the engine does not know; {_UPDATE}.")
    return ImageInput(**{key: _tuples(value) for key, value in told.items() if value is not None})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def plan(call: Call) -> dict[str, Any]:
    """Return as plain data whether pixels are needed, and which: `mode` 'none', 'path' or 'shared', and `planes`."""
    if call.image is None:
        return {"mode": "none"}
    planes = _planes(call.command, call.params, call.image)
    return {"mode": "path"} if planes is None else {"mode": "shared", "planes": asdict(planes)}


def _planes(command: Command, params: Params, image: ImageInput) -> Planes | None:
    if command.plan is not None:
        return command.plan(params, image)
    return Planes(1, 1, image.channels * image.slices * image.frames)


def carry_out(call: Call, pixels: NDArray | None, progress: Progress) -> Reply:
    """Run the command; `pixels` are the planes that were planned, ``(plane, y, x)``, or None."""
    if call.command.run is None:
        raise ValueError(f"{call.command.name} is done by the host")
    image = call.image
    if image is not None and pixels is not None:
        image = replace(image, pixels=pixels)
    elif image is not None and not (image.path or image.stand_in):
        raise ParameterError(f"Neither the pixels nor the file of '{image.title}' were sent; start the command again.")
    return call.command.run(call.params, image, progress)
