"""pytest's view of the checks: a file collects its checks, an item is one check on one host for one instance."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from dockworthy.errors import DockworthyError
from dockworthy.evidence import NotApplicable
from dockworthy.run.judging import Instance, instances_of, is_own, judge_instance, own_arguments
from dockworthy.run.loading import checks_of, import_check_file
from dockworthy.run.record import unreachable_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from dockworthy.check import Check
    from dockworthy.run.hosts import RunHost
    from dockworthy.run.loading import Catalogue

__all__ = ["CheckFile", "CheckFunction", "CheckItem", "HostItem", "RecordItem"]

_NAMES = pytest.StashKey[dict["Path", str]]()
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@:/+=-")


@functools.lru_cache(maxsize=4096)
def node_name(check_id: str, host: str, param: str | None) -> str:
    """The item's name: ``check[host]`` or ``check[host-param]``, with what HTML or a terminal could act on escaped."""
    text = host if param is None else f"{host}-{param}"
    if not _SAFE.issuperset(text):
        text = "".join(
            char if char in _SAFE else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))
            for char in text
        )
    return f"{check_id}[{text}]"


class Collecting(Protocol):
    """What a file needs of the run that collects it."""

    catalogue: Catalogue
    hosts: list[RunHost]

    def selects(self, definition: Check, host: RunHost) -> bool:
        """Whether this run asks this check of this host."""

    def refuse(self, error: DockworthyError) -> None:
        """Keep an error that ends the run before anything is judged."""


class CheckFile(pytest.File):
    """A Python file below a folder of checks."""

    run: Collecting

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check, host and instance that the hosts' profiles select."""
        try:
            self.run.catalogue.take_in_facts_beside(self.path)
            module = import_check_file(self.path)
            definitions = checks_of(module)
            self.run.catalogue.take_in(module)
        except DockworthyError as error:
            self.run.refuse(error)
            return
        for definition in definitions:
            for host in self.run.hosts:
                if host.can_answer(definition) and self.run.selects(definition, host):
                    yield from items_of(self, definition, host)


def items_of(parent: pytest.Collector, definition: Check, host: RunHost) -> Iterator[pytest.Item]:
    """The items of one check on one host: one for each instance, or one that says why there is none."""
    kind: type[CheckItem] = CheckItem
    if not all(is_own(name, definition, host) for name in definition.arguments):
        kind = CheckFunction
    for given in instances_of(definition, host):
        name = node_name(definition.id, host.name, given[0])
        item: CheckItem = kind.from_parent(parent, name=name, definition=definition, host=host, given=given)
        yield item


class RecordItem(pytest.Item):
    """An item that ends in one result's record, whatever happens."""

    def __init__(self, *, host: RunHost, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_host = host
        self.record: dict[str, Any] = {}

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where a person finds it."""
        return self.path, 0, self.name

    @functools.cached_property
    def location(self) -> tuple[str, int | None, str]:
        """The same as pytest has it, which takes half as long as a judgement to find a file's name: once for each."""
        names = self.session.stash.setdefault(_NAMES, {})
        if self.path not in names:
            names[self.path] = super().location[0]
        return names[self.path], *self.reportinfo()[1:]

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """One line, not a traceback."""
        del style
        return f"{type(excinfo.value).__name__}: {excinfo.value}"


class CheckItem(RecordItem):
    """One check on one host for one instance, judged from facts alone."""

    def __init__(self, *, definition: Check, given: Instance, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definition = definition
        self.given = given

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the check is defined."""
        return self.path, self.definition.function.__code__.co_firstlineno - 1, self.name

    def arguments(self) -> dict[str, object]:
        """What the check asked for by name."""
        testinfra = functools.partial(testinfra_host, self.run_host, self.config)
        return own_arguments(self.definition, self.run_host, self.given[1], testinfra)

    def runtest(self) -> None:
        """Judge, and keep the record; the outcome is told by the report, not by an exception."""
        self.record = judge_instance(self.definition, self.run_host, self.given, self.arguments)


class CheckFunction(CheckItem):
    """A check that also asks for pytest fixtures, such as a user's own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        names = self.definition.arguments
        bound = {name: None for name in names if is_own(name, self.definition, self.run_host)}
        call = functools.partial(self.definition.function, **bound)
        self.funcargs: dict[str, object] = {}
        self.obj = call
        manager = self.session._fixturemanager  # noqa: SLF001 - pytest has no public way to ask for fixtures
        self.fixturenames: list[str] = []
        self._fixtureinfo = manager.getfixtureinfo(self, call, None)
        self.fixturenames = self._fixtureinfo.names_closure
        from _pytest.fixtures import TopRequest  # noqa: PLC0415 - as pytest.Function does

        self._request = TopRequest(self, _ispytest=True)  # type: ignore[arg-type]

    def setup(self) -> None:
        """Fill the fixtures."""
        self._request._fillfixtures()  # noqa: SLF001 - as pytest.Function does

    def arguments(self) -> dict[str, object]:
        """Facts and fixtures."""
        names = set(self.definition.arguments)
        fixtures = {name: value for name, value in self.funcargs.items() if name in names}
        return {**fixtures, **super().arguments()}


class HostItem(RecordItem):
    """The one result of a host that could not be reached."""

    def runtest(self) -> None:
        """Record why."""
        self.record = unreachable_record(self.run_host)


def testinfra_host(host: RunHost, config: pytest.Config) -> Any:
    """Testinfra's own ``host`` for this target."""
    if host.testinfra is None:
        raise NotApplicable(f"{host.target} is no host that can be reached: the check needs testinfra's own `host`")
    import testinfra  # noqa: PLC0415 - only where a check asks for it

    option = config.option
    return testinfra.get_host(
        host.testinfra,
        ssh_config=getattr(option, "ssh_config", None) or option.dockworthy_ssh_config,
        ssh_identity_file=getattr(option, "ssh_identity_file", None) or option.dockworthy_ssh_identity_file,
        sudo=bool(getattr(option, "sudo", False) or option.dockworthy_sudo),
    )
