"""``dockworthy config show``: each effective value of a profile, what it means, and which layer set it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dockworthy.commands.output import say, say_json
from dockworthy.masking import masked, masked_value
from dockworthy.run.options import add_arguments as add_options
from dockworthy.typed import REDACTED, shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from dockworthy.profile.model import Profile

__all__ = ["add_arguments", "config_show", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``config``."""
    parser.add_argument("action", choices=("show",), help="show: the effective values")
    parser.add_argument("--profile", default="base", metavar="NAME|FILE", help="default: base")
    add_options(parser, "registry")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the profile."""
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)

    profile = load_profile(args.profile, registries=args.registry)
    shown = config_show(profile)
    if args.format == "json":
        say_json(shown)
        return 0
    say(f"profile {profile.name} (sha256 {profile.sha256})")
    for layer in shown["layers"]:
        say(f"  {layer['name']}: {layer['file']}" + (f"  {layer['description']}" if layer["description"] else ""))
    for step in shown["selection"]:
        say(f"{step['action']}: {', '.join(step['selectors'])}  [{step['origin']}]")
    for key, item in shown["severity"].items():
        say(f"severity of {key}: {item['value']}  [{item['origin']}]")
    say()
    for key, item in shown["params"].items():
        say(f"{key}: {json.dumps(item['value'], ensure_ascii=False)}  [{item['origin']}]")
        for part, origin in item["parts"].items():
            say(f"    {part}  [{origin}]")
        say(f"    {item['description']} ({item['type']})")
    say()
    say(f"{len(profile.waivers)} waivers, {len(profile.attestations)} attestations")
    return 0


def shown_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's demands as they may be shown: those of your own checks as their shape, in the others no user."""
    return {key: _shape(value) if key == "custom" else masked_value(value) for key, value in values.items()}


def _shape(value: Any) -> Any:
    """A free-form value without what it says: its type, and what keys it has where they are plain words."""
    if isinstance(value, dict):
        return {shown_word(key): _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return (value and REDACTED) if isinstance(value, str) else 0


def _shown_part(path: str) -> str:
    """The path of a part of a demand."""
    return shown_word(path) if path.startswith("custom.") else masked(path)


def config_show(profile: Profile) -> dict[str, Any]:
    """Everything that is in force, as JSON can hold it."""
    from dockworthy.profile.params import describe  # noqa: PLC0415 - heavy (pydantic)

    values = shown_values(profile.params.model_dump(mode="json"))
    return {
        "name": profile.name,
        "sha256": profile.sha256,
        "layers": [
            {"name": layer.name, "file": layer.file, "sha256": layer.sha256, "description": layer.description}
            for layer in profile.layers
        ],
        "selection": [
            {
                "action": "select" if step.adds else "deselect",
                "selectors": list(step.selectors),
                "origin": str(step.origins[0]) if step.origins else "",
            }
            for step in profile.selection
        ],
        "severity": {
            key: {"value": value, "origin": str(profile.severity_origins[key])}
            for key, value in profile.severity.items()
        },
        "params": {
            doc.key: {
                "value": values[doc.key],
                "origin": str(profile.origin_of(doc.key)),
                "parts": {
                    _shown_part(path): str(origin)
                    for path, origin in profile.origins.items()
                    if path.startswith(f"{doc.key}.")
                },
                "type": doc.type,
                "default": doc.default,
                "description": doc.description,
            }
            for doc in describe()
        },
        "waivers": [
            {"check": item.check, "host": item.host, "param": item.param, **item.as_json(), "origin": str(item.origin)}
            for item in profile.waivers
        ],
        "attestations": [
            {"check": item.check, "host": item.host, "param": item.param, **item.observed, "origin": str(item.origin)}
            for item in profile.attestations
        ],
    }
