"""Say in words what a declared parameter accepts; help texts, dialogs and the reference page share it."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ivea_fiji.params.base import Params


def extra(info: FieldInfo) -> dict[str, Any]:
    """Return what `ivea_fiji.params.base.field` stored beside pydantic's own facts."""
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def limits(info: FieldInfo) -> tuple[float | None, float | None]:
    """Return the smallest and the largest allowed value, None where there is none."""
    low = next((m.ge for m in info.metadata if getattr(m, "ge", None) is not None), None)
    high = next((m.le for m in info.metadata if getattr(m, "le", None) is not None), None)
    return low, high


def bounds(info: FieldInfo) -> str:
    """Return the accepted range, such as ``1 to 100`` or ``at least 0``, or an empty string."""
    low, high = limits(info)
    if low is not None and high is not None:
        return f"{figure(low)} to {figure(high)}"
    if low is not None:
        return f"at least {figure(low)}"
    return f"at most {figure(high)}" if high is not None else ""


def values(info: FieldInfo) -> str:
    """Return the kind of value: ``yes or no``, ``whole number``, ``number``, ``text``, or the choices."""
    kind = info.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    names: dict[Any, str] = {bool: "yes or no", int: "whole number", float: "number", str: "text"}
    if kind in names:
        return names[kind]
    inner = [names.get(part, str(part)) for part in get_args(kind) if part is not Ellipsis]
    return "list of " + " and ".join(dict.fromkeys(inner)) if inner else str(kind)


def help_text(info: FieldInfo) -> str:
    """Return label, description, unit and range of one parameter as one paragraph."""
    facts = [str(extra(info).get("unit") or ""), bounds(info)]
    tail = ", ".join(fact for fact in facts if fact)
    text = f"{extra(info).get('label', '')}. {info.description or ''}"
    return f"{text} ({tail})" if tail else text


def markdown_table(model: type[Params], *, without: type[Params] | None = None) -> str:
    """Return a Markdown table of the parameters of `model`, leaving out those of `without`."""
    left_out = set(without.model_fields) if without is not None else set()
    rows = [
        "| name | label | default | values | unit | meaning | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, info in model.model_fields.items():
        if name in left_out:
            continue
        more = extra(info)
        accepted = "; ".join(part for part in (values(info), bounds(info)) if part)
        label = f"{more.get('label', '')}{' (advanced)' if more.get('advanced') else ''}"
        facts = [accepted, more.get("unit"), info.description, more.get("source")]
        cells = [f"`{name}`", label, _default(info), *facts]
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows)


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value}`" if value != "" else "empty"


def figure(value: float) -> str:
    """Return a number without needless digits."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def _cell(value: Any) -> str:
    return str(value or "").replace("|", "\\|").replace("\n", " ")
