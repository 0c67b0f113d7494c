"""``dockworthy roundtrip``: an image goes through a registry and back, on each engine, and is removed again."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.typed import shown_registry, shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.credentials import Credentials
    from dockworthy.results.writer import ResultsWriter
    from dockworthy.roundtrip.engine import Engine
    from dockworthy.roundtrip.steps import Step
    from dockworthy.roundtrip.told import Place
    from dockworthy.roundtrip.trip import Trip
    from dockworthy.target import CollectOptions, Target

__all__ = ["add_arguments", "run"]

_SIZE, _MOST = 24, 512  # MiB of the large layer
_SECONDS, _LONGEST = 300.0, 86_400.0
STANDARD_OUTPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the image goes, who pushes it, and which engines take part."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    add = parser.add_argument
    add("project", nargs="?", metavar="REGISTRY/PROJECT", help="where the image is pushed to; not needed for --clean")
    hosts = "whose engine takes part: a target, unix:///PATH or tcp://HOST:PORT (repeatable; default: this host)"
    add("--engine-host", action="append", default=[], metavar="TARGET", help=hosts)
    add("--username", metavar="NAME", help="to log in as (default: what the docker client has for the registry)")
    add("--password-env", metavar="VARIABLE", help="the environment variable that holds the password")
    add("--password-file", metavar="FILE", help="the file whose first line is the password (mode 0600)")
    add(
        "--ca-file", metavar="FILE", help="a CA of the registry, for what is asked from here (default: system, certs.d)"
    )
    add("--size", metavar="MIB", default=str(_SIZE), help=f"the large layer's size (default: {_SIZE}, at most {_MOST})")
    add("--timeout", metavar="SECONDS", default=f"{_SECONDS:g}", help=f"for one step (default: {_SECONDS:g})")
    add("--clean", action="store_true", help="go nowhere: remove what runs left that were killed, all of them")
    add("--run", metavar="ID", help="with --clean: of this run alone")
    add("--json", nargs="?", const=STANDARD_OUTPUT, metavar="FILE", help="write it as JSON (default: standard output)")
    add_options(parser, "results", "docker_host", "sudo", "ssh_config", "ssh_identity_file")


def run(args: argparse.Namespace) -> int:
    """Go, remove everything, and say what came of it."""
    from dockworthy.results.exit_status import exit_status  # noqa: PLC0415 - the command's own need

    authority, project = _reference(args)
    places = _Places(args)
    credentials = _credentials(args, authority)
    begun = datetime.now(tz=timezone.utc)
    trip = _trip(args, authority, project, credentials, begun)
    record = _Record(args, trip, begun)
    try:
        trip.engines = places.reach(_number(args.timeout, "--timeout", 1, _LONGEST))
        for engine in trip.engines:
            engine.progress = trip.pushing
            if authority in engine.insecure:
                trip.registry.may_be_plain()
        record.open(places.places(trip))
        trip.trusted = places.trusted(trip.image)
        if args.clean:
            trip.clean()
        elif trip.engines:
            trip.go()
    finally:
        record.tell(places.places(trip))
        places.close()
    results, hosts = record.close()
    return exit_status(results, hosts)


# --- what was typed --------------------------------------------------------------------------------------------


def _reference(args: argparse.Namespace) -> tuple[str, str]:
    """The registry and the project; both empty where all that is asked for is to clean the engines."""
    from dockworthy.roundtrip.trip import RUN  # noqa: PLC0415 - the command's own need
    from dockworthy.trust.reference import BadReference, parse_engine  # noqa: PLC0415 - see above

    if args.run is not None and not (args.clean and RUN.fullmatch(args.run)):
        raise UsageError(f"--run {shown_word(args.run)}: goes with --clean, and is an id that a round trip told.")
    if not args.project and args.clean:
        return "", ""
    text = args.project or ""
    shown = _shown(text)
    if "://" in text:
        raise UsageError(
            f"{shown}: a registry is named without {shown.partition('://')[0]}://; write HOST[:PORT]/PROJECT."
        )
    registry, slash, project = text.partition("/")
    if not project or "@" in text or ":" in project or not _names_registry(registry):
        raise UsageError(f"{shown}: is no project of a registry; write HOST[:PORT]/PROJECT, without image and tag.")
    try:
        parsed = parse_engine(f"{registry}{slash}{project.rstrip('/')}/image")
    except BadReference as error:
        raise UsageError(f"{shown}: cannot be part of an image's name ({error}); write HOST[:PORT]/PROJECT.") from None
    return parsed.domain, parsed.path.rpartition("/")[0]


def _names_registry(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost"


def _shown(text: str) -> str:
    """What was typed, as far as it is certainly harmless."""
    if "@" in text or "%" in text:
        return shown_registry(text)
    scheme, separator, rest = text.rpartition("://")
    registry, slash, project = rest.partition("/")
    shown = shown_registry(f"{scheme}{separator}{registry}")
    return f"{shown}{slash}{project}" if re.fullmatch(r"[a-zA-Z0-9._/-]*", project) else shown or "REGISTRY/PROJECT"


def _number(text: str, option: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise UsageError(f"{option} {shown_word(text)}: is no number from {least:g} to {most:g}.")
    return number


def _credentials(args: argparse.Namespace, authority: str) -> Credentials:
    from dockworthy.credentials import Credentials, password_from_env, password_from_file  # noqa: PLC0415 - see above
    from dockworthy.roundtrip.client_config import credentials_of_client  # noqa: PLC0415 - see above

    given = [one for one in (args.password_env, args.password_file) if one is not None]
    if len(given) > 1 or bool(given) != (args.username is not None):
        raise UsageError("--username: goes with one of --password-env and --password-file; name both, or none of them.")
    if not authority:
        return Credentials()
    if not given:
        return credentials_of_client(authority)
    if not args.username or ":" in args.username or not args.username.isprintable():
        raise UsageError("--username: is no name to log in as; a name has no colon.")
    if args.password_env is not None:
        password = password_from_env(args.password_env, "--password-env")
        return Credentials(args.username, password, source="--password-env")
    password = password_from_file(Path(args.password_file), "--password-file")
    return Credentials(args.username, password, source="--password-file")


def _trip(args: argparse.Namespace, authority: str, project: str, credentials: Credentials, begun: datetime) -> Trip:
    import uuid  # noqa: PLC0415 - the command's own need

    from dockworthy.roundtrip.registry import Registry, roots_for  # noqa: PLC0415 - see above
    from dockworthy.roundtrip.trip import NAME, Trip  # noqa: PLC0415 - see above

    size = int(_number(args.size, "--size", 1, _MOST) * 1024 * 1024)
    seconds = _number(args.timeout, "--timeout", 1, _LONGEST)
    ca_file = Path(args.ca_file) if args.ca_file is not None else None
    registry = Registry(authority, f"{project}/{NAME}", credentials, roots_for(authority, ca_file), min(seconds, 60.0))
    identity = f"{begun:%Y%m%dt%H%M%Sz}-{uuid.uuid4().hex[:8]}"
    if args.clean:
        identity = args.run or ""
    return Trip(identity, authority, project, (), registry, credentials, size, lambda _: None, lambda _: None)


# --- the engines -----------------------------------------------------------------------------------------------


class _Places:
    """The hosts whose engines take part."""

    def __init__(self, args: argparse.Namespace) -> None:
        from dockworthy.run.gather import collect_options  # noqa: PLC0415 - the command's own need
        from dockworthy.run.options import Options  # noqa: PLC0415 - see above
        from dockworthy.run.plan import check_options  # noqa: PLC0415 - see above
        from dockworthy.target.engine import engine_target, way_to  # noqa: PLC0415 - see above

        options = Options.from_arguments(args)
        check_options(options)
        shared = collect_options(options, ())
        self._options: dict[str, tuple[Target, CollectOptions]] = {}
        self._ways: dict[str, Any] = {}
        self._engines: list[Engine] = []
        self._errors: dict[str, str] = {}
        for spec in args.engine_host or ["local://"]:
            target, address = engine_target(spec)
            if target.label in self._options:
                raise UsageError(f"--engine-host {target.label}: is named twice; name each engine once.")
            chosen = replace(shared, docker_host=address or shared.docker_host)
            self._options[target.label] = (target, chosen)
            self._ways[target.label] = way_to(target, chosen)

    def reach(self, seconds: float) -> Sequence[Engine]:
        """Connect to each; those that answer."""
        from dockworthy.printable import printable  # noqa: PLC0415 - the command's own need
        from dockworthy.roundtrip.engine import Engine, EngineRefused  # noqa: PLC0415 - see above

        for label, opened in self._ways.items():
            engine = Engine(label, opened, seconds)
            try:
                engine.connect()
            except EngineRefused as error:
                engine.close()
                self._errors[label] = printable(str(error), 500)
                sys.stderr.write(f"dockworthy: {printable(label)}: {self._errors[label]}\n")
            else:
                self._engines.append(engine)
                self._refuse_twin(engine)
        return self._engines

    def _refuse_twin(self, engine: Engine) -> None:
        """An image that an engine hands on to itself, by another name, would be removed before it is saved."""
        for other in self._engines[:-1]:
            if other.identity == engine.identity:
                raise UsageError(
                    f"--engine-host {engine.label}: is the engine of {other.label}; name each engine once."
                )

    def close(self) -> None:
        """End every connection."""
        for engine in self._engines:
            engine.close()

    def places(self, trip: Trip) -> list[Place]:
        """What the table and the results call them, the registry last."""
        from dockworthy.roundtrip.told import Place  # noqa: PLC0415 - the command's own need

        engines = {engine.label: engine for engine in self._engines}
        made = [
            Place(label, target.spec, f"{engines[label].version}, {engines[label].store} store", engines[label].version)
            if label in engines
            else Place(label, target.spec, error=self._errors.get(label, "it was not asked"))
            for label, (target, _) in self._options.items()
        ]
        return [*made, Place(trip.place, trip.authority, "from here")] if trip.authority else made

    def trusted(self, image: str) -> Any:
        """What asks `dockworthy trust` about the image from where an engine is."""

        def ask(engine: Engine) -> tuple[str, str, str] | None:
            from dockworthy.commands.trust import explained  # noqa: PLC0415 - only where a step failed

            target, options = self._options[engine.label]
            return explained(image, target, options)

        return ask


# --- what is told ----------------------------------------------------------------------------------------------


class _Record:
    """The results as they grow, and what is printed at the end."""

    def __init__(self, args: argparse.Namespace, trip: Trip, begun: datetime) -> None:
        from dockworthy.writing import refuse_place  # noqa: PLC0415 - the command's own need

        self._args, self._trip, self._begun = args, trip, begun
        self._json: str | None = args.json
        self._writer: ResultsWriter | None = None
        self._hosts: list[Any] = []
        self._is_open = False
        for option, path in (("--json ", self._json), ("--results ", args.results)):
            if path is not None and not (path == STANDARD_OUTPUT and option == "--json "):
                refuse_place(Path(path), option)

    def open(self, places: Sequence[Place]) -> None:
        """Begin the results' file, where one is asked for, and take in each step from now on."""
        from dockworthy import __version__  # noqa: PLC0415 - the command's own need
        from dockworthy.results.model import Run  # noqa: PLC0415 - see above
        from dockworthy.results.writer import ResultsWriter  # noqa: PLC0415 - see above
        from dockworthy.run.options import Options  # noqa: PLC0415 - see above

        self._is_open = True
        recorded = _time(self._begun)
        self._hosts = [place.host(recorded) for place in places]
        if self._args.results is not None:
            argv = list(Options.from_arguments(self._args).argv)
            run = Run(self._trip.run or f"clean-{recorded}", recorded, None, __version__, argv, [])
            self._writer = ResultsWriter(Path(self._args.results), run, self._hosts)
            for result in self._unreachable():
                self._writer.result(result)
        self._trip.told = self._take

    def _take(self, step: Step) -> None:
        if sys.stderr.isatty() and step.code != "not-tried":
            sys.stderr.write(f"{step.kind} at {step.place}: {step.outcome} ({step.seconds:.1f} s)\n")
        if self._writer is not None:
            self._writer.result(self._result(step))

    def _result(self, step: Step) -> Any:
        from dockworthy.roundtrip.told import result_of  # noqa: PLC0415 - the command's own need

        trip = self._trip
        return result_of(step, f"{trip.authority}/{trip.project}" if trip.authority else None)

    def _unreachable(self) -> list[Any]:
        from dockworthy.run.record import unreachable_result  # noqa: PLC0415 - the command's own need

        return [unreachable_result(host.name, host.target, host.error) for host in self._hosts if not host.reachable]

    def tell(self, places: Sequence[Place]) -> None:
        """Print the table, or the document."""
        from dockworthy.report.screen import coloured  # noqa: PLC0415 - the command's own need
        from dockworthy.roundtrip.told import as_json, print_trip  # noqa: PLC0415 - see above

        trip = self._trip
        if not self._is_open:
            return
        if self._json is not None:
            self._write(as_json(trip.run, trip.image, trip.digest, places, trip.steps))
        if self._json != STANDARD_OUTPUT and trip.steps:
            print_trip(trip.image, trip.digest, places, trip.steps, sys.stdout, coloured=coloured(sys.stdout))

    def _write(self, document: dict[str, Any]) -> None:
        import json  # noqa: PLC0415 - the command's own need

        from dockworthy.commands.output import say_json  # noqa: PLC0415 - see above
        from dockworthy.results.writer import encodable  # noqa: PLC0415 - see above
        from dockworthy.writing import written  # noqa: PLC0415 - see above

        if self._json == STANDARD_OUTPUT:
            say_json(document)
            return
        with written(Path(str(self._json)), "--json ") as stream:
            stream.write(json.dumps(encodable(document), indent=2, ensure_ascii=False).encode() + b"\n")

    def close(self) -> tuple[list[Any], list[Any]]:
        """Put the results in place; they, and the hosts."""
        results = [*self._unreachable(), *(self._result(step) for step in self._trip.steps)]
        if self._writer is not None:
            self._writer.finish(_time(datetime.now(tz=timezone.utc)))
        return results, self._hosts


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
