"""Rules of packet filters that lie in files: what a reload of them would do to the engine's own."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.boot.saved_rules import SavedFile, SavedRules, Statement
from dockworthy.facts.network.filters import makes_rules

if TYPE_CHECKING:
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts


_FAMILIES = {4: "ip", 6: "ip6"}
_PERSISTENT = "/etc/default/netfilter-persistent"
_FLUSH = r"flush[[:space:]]\{1,\}ruleset\([[:space:]]\{1,\}ip6\{0,1\}\)\{0,1\}[[:space:]]*;\{0,1\}"
_NOFLUSH = "IPTABLES_RESTORE_NOFLUSH=yes"


def _files(facts: Facts, _params: object) -> dict[str, SavedFile]:
    rules: SavedRules = facts.saved_rules
    return {file.path: file for file in rules.files.value}


def _told(found: Statement | None) -> object:
    return None if found is None else f"{found.source}: {' '.join(found.words)}"


def _is_legacy(facts: Facts) -> bool:
    """Whether the engine's rules are in the kernel's older tables."""
    tool = facts.packages.tools.get({}).get("iptables")
    return tool is not None and "legacy" in tool.resolved


def _own_tables(file: SavedFile, found: Statement | None) -> str:
    """The fix that has a file empty its own tables, and no others."""
    path = shlex.quote(found.file if found is not None else file.path)
    if not file.is_nft and "iptables/rules" in file.path:
        return (
            "# have the rules added to those that are there:\n"
            f"grep -qsxF {_NOFLUSH} {_PERSISTENT} || echo {_NOFLUSH} >>{_PERSISTENT}"
        )
    if not file.is_nft:
        return f"# take the tables nat and filter out of {path}, and keep the host's own rules in a table of nft"
    if found is not None and found.words[1:2] != ("ruleset",):
        return (
            f"# the engine's rules are there, too; take it out of {path}, line {found.number}: {' '.join(found.words)}"
        )
    own = dict.fromkeys(one.words[1:] for one in file.statements if one.words[0] == "table")
    shared = [words for words in own if words[0] in {"ip", "ip6"} and words[1] in {"nat", "filter"}]
    if shared:
        names = ", ".join(" ".join(words) for words in shared)
        return f"# the engine's rules are in {names}, too: give the host's own tables in {path} other names"
    lines = "\\n".join(f"table {' '.join(words)} {{}}\\ndelete table {' '.join(words)}" for words in own)
    return (
        "# empty the file's own tables, and not those of the engine:\n"
        f"sed -i '/^[[:space:]]*#/!s/{_FLUSH}/{lines}/' {path}\nnft -c -f {shlex.quote(file.path)}"
    )


@check(
    "network.reload-keeps-rules",
    severity="medium",
    refs=("moby:#26824", "moby:#46147", "man:nft(8)"),
    fix="# in {param}, empty the file's own tables only: destroy table inet filter",
    each=instances("file", _files, none="no rules of a packet filter are saved here"),
)
def check_reload_keeps_rules(file: SavedFile, facts: Facts, daemon: DaemonConfig, saved_rules: SavedRules) -> None:
    """A reload of the host's own firewall would not flush the engine's rules.

    `flush ruleset` takes away everything, the engine's chains too, and so does a file of iptables-save for each table
    that it names. Nothing puts them back until the engine restarts: containers are cut off. At boot that does no harm,
    because the file is loaded before the engine starts.
    """
    if daemon.iptables.is_known and daemon.iptables.value is False:
        not_applicable("the engine makes no rules (iptables is off)")
    families = frozenset(name for family, name in _FAMILIES.items() if makes_rules(facts, family).get(default=True))
    found = file.flushes(families, legacy=_is_legacy(facts))
    fix_with(_own_tables(file, found.get(None)))
    if found.value is None:
        expect(found, shown=_told).equals(None)
        return
    on = saved_rules.loads(file)
    if not on.is_known:
        not_decided(f"{_told(found.value)}; {on.unknown}", on.source)
    if not on.value:
        expect(on).equals(demand=False)
        return
    expect(found, shown=_told).equals(None)


@check(
    "network.saved-rules-clean",
    severity="medium",
    refs=("moby:#16816", "moby:#28476", "man:iptables-save(8)"),
    fix="# write {param} again without what is the engine's:\n"
    "grep -v -e DOCKER -e docker0 -e ' br-' {param} >/etc/rules.new && cat /etc/rules.new >{param}",
    each=instances("file", _files, none="no rules of a packet filter are saved here"),
    also=("boot",),
)
def check_saved_rules_clean(file: SavedFile) -> None:
    """Saved firewall rules do not contain the engine's own.

    Who saves the rules while the engine runs saves the engine's with them. Restored at the next boot they publish
    addresses that other containers have by then, and lead twice into the same chains. A rule of the administrator's
    for docker0, or a chain DOCKER-USER of his own, is none of the engine's.
    """
    path = shlex.quote(file.path)
    if file.is_nft:
        fix_with(f"# take the engine's chains and rules out of {path}, with an editor; then: nft -c -f {path}")
    else:
        restore = f"{file.family}tables-restore"
        new = shlex.quote(f"{file.path}.new")
        fix_with(
            "# where this host's own rules name the engine's bridges, add them again:\n"
            f"grep -v -e DOCKER -e docker0 -e ' br-' {path} >{new}\n"
            f"{restore} --test {new} && cat {new} >{path} && rm {new}"
        )
    expect(file.of_the_engine, shown=_told).equals(None)
