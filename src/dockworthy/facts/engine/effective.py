"""What one dockerd has in force: the merge of defaults, environment, command line and daemon.json.

The order is dockerd's own (``cmd/dockerd/daemon.go`` of moby, ``start`` and ``loadDaemonCliConfig``), so that the first
thing that it refuses is the one that is told. What differs by its release is asked of that release's `Rules`.
"""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Origin, OriginKind, Reason, known, unknown
from dockworthy.facts.api.document import UNTOLD
from dockworthy.facts.engine.defaults import Defaults, default_config_file, default_options
from dockworthy.facts.engine.file import FileConfig, read_config
from dockworthy.facts.engine.flags import CommandLine, NoStart, parse_arguments
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.masking import mask_options
from dockworthy.facts.engine.merge import is_empty, merge
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.schema import PROXY_KEYS, Config, absent_keys
from dockworthy.facts.engine.sockets import effective_hosts, normalize_hosts
from dockworthy.facts.engine.start import check_start
from dockworthy.facts.engine.tls import check_tls
from dockworthy.facts.engine.untold import depends_on_untold, untold_settings
from dockworthy.facts.engine.users import load_id_map, remapped_root
from dockworthy.facts.engine.validate import conflict_free_labels, validate, validate_min_api_version
from dockworthy.golang.ip import parse_cidr
from dockworthy.golang.url import mask_credentials
from dockworthy.golang.values import GoError, attempt, prefixed, trim_space
from dockworthy.hosttree.faults import PathError, UndecidedError
from dockworthy.masking import HIDDEN
from dockworthy.releases import known as known_releases
from dockworthy.trust.loaders.insecure import without_scheme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.releases import Rules

__all__ = ["rebuild"]

# options that the engine copies before the file switches them: a key elsewhere in the file does not reach them
_COPIED = frozenset({"debug", "tls", "tlsverify"})
_CPU_GROUPS = ("cpu", "cpu,cpuacct")  # where control groups of version 1 have the processor's
_OF_THE_PROGRAM = frozenset({"help", "version", "validate", "config-file", "restart"})


@dataclass(slots=True)
class _Rebuilding:
    """One start, step by step."""

    inputs: EngineInputs
    tolerant: bool = False  # whether a key that the release does not know is passed over
    rules: Rules = field(init=False)
    line: CommandLine = field(init=False)
    file: FileConfig | None = None
    path: str = ""
    file_unknown: Reason | None = None  # why the file was not read, where it could not be
    defaults: Defaults = field(default_factory=lambda: Defaults({}))
    config: Config = field(default_factory=Config)
    refusal: Refusal | None = None
    undecided: list[Reason] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = self.inputs.rules
        self.line = CommandLine(self.rules)

    def run(self) -> EngineOutcome:
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            (Stage.OTHER, self._defaults),
            (Stage.COMMAND_LINE, self._command_line),
            (Stage.OTHER, self._environment),
            (Stage.CONFIG_FILE, self._merge),
            (Stage.OTHER, self._hosts),
            (Stage.OTHER, self._labels),
            (Stage.OTHER, self._switches),
            (Stage.TLS, self._tls),
            (Stage.NOT_A_START, self._validate_only),
        )
        for stage, step in steps:
            if not self._attempt(stage, step):
                return self._outcome(starts=False)
        self._start()
        return self._outcome(starts=self._starts())

    def _attempt(self, stage: str, step: Callable[[], None]) -> bool:
        """Take a step; whether the start goes on."""
        try:
            step()
        except UndecidedError as missing:
            self.undecided.append(missing.needed)
        except GoError as error:
            stage = Stage.NOT_A_START if isinstance(error, NoStart) else stage
            if stage == Stage.COMMAND_LINE and depends_on_untold(str(error), self.inputs.argv, self.rules):
                self.untold = ["an option on the command line"]
            self.refusal = Refusal.of(stage, error, self._where(stage))
        return self.refusal is None

    def _where(self, stage: str) -> Origin | None:
        """Where that stands which a part of the start refuses, where one place holds it all."""
        if stage == Stage.COMMAND_LINE:
            return Origin("dockerd's arguments", OriginKind.FLAG)
        return Origin(self.path, OriginKind.FILE) if stage == Stage.CONFIG_FILE and self.path else None

    def _starts(self) -> bool | None:
        if self.refusal:
            return False
        return None if self.undecided else True

    def _is_certain(self) -> bool:
        """Whether it is refused before a value that is not told is looked at."""
        refusal = self.refusal
        return refusal is not None and refusal.stage == Stage.CONFIG_FILE and HIDDEN not in refusal.text

    def _defaults(self) -> None:
        self.defaults = default_options(self.inputs)

    def _command_line(self) -> None:
        self.line = parse_arguments(self.inputs.argv, self.rules)
        self.path = self.line.values.get("config-file", default_config_file(self.inputs))

    def _environment(self) -> None:
        version = self.inputs.env.get("DOCKER_MIN_API_VERSION", "")
        if version and self.rules.holds("min-api.variable"):
            with prefixed("invalid DOCKER_MIN_API_VERSION: "):
                validate_min_api_version(version, self.rules)

    def _options(self) -> Config:
        """The configuration that the options alone make (``loadDaemonCliConfig`` before the file)."""
        options = Config(self.defaults)
        for name, value in self.line.values.items():
            if name not in _OF_THE_PROGRAM and value is not None:
                options[self.line.flags[name].setting] = value
        if "graph" in self.line.values and self.rules.holds("graph.moves"):
            if "data-root" in self.line.values:
                raise GoError('cannot specify both "--graph" and "--data-root" option')
            options["data-root"], options["graph"] = self.line.values["graph"], ""
        version = self.inputs.env.get("DOCKER_MIN_API_VERSION")
        if version and "min-api-version" in options:
            options["min-api-version"] = version
        if "containerd-plugins-namespace" in self.line.values:
            options["containerd-plugin-namespace"] = options.pop("containerd-plugins-namespace")
        self._tls_options(options)
        return options

    def _tls_options(self, options: dict[str, Any]) -> None:
        values = self.line.values
        on = bool(values.get("tls")) or "tlsverify" in values or bool(self.inputs.env.get("DOCKER_TLS_VERIFY"))
        for key in ("tlscacert", "tlscert", "tlskey"):
            if not on or (key != "tlscacert" and key not in values and self._absent(options[key])):
                options[key] = ""
        options["tls"] = values.get("tls")
        options["tlsverify"] = values.get("tlsverify")
        if "tlsverify" in values:
            options["tls"] = True

    def _absent(self, path: str) -> bool:
        try:
            self.inputs.files.stat(path)
        except PathError as error:
            return error.absent
        except UndecidedError as missing:
            self.undecided.append(missing.needed)
        return False

    def _read_file(self) -> FileConfig | None:
        """The file's content, or None where it is absent and may be."""
        if not self.path:
            return None
        with prefixed(self._about_file):
            try:
                data = self.inputs.files.read_file(self.path)
                return read_config(data, self.line, tolerant=self.tolerant, go=self.inputs.go)
            except PathError as error:
                if error.absent and "config-file" not in self.line.values:
                    return None
                raise

    @property
    def _about_file(self) -> str:
        return f"unable to configure the Docker daemon with file {self.path}: "

    def _merge(self) -> None:
        options = self._options()
        self.config = options
        self.untold = untold_settings([options], self.rules)
        try:
            self.file = self._read_file()
        except UndecidedError as missing:
            self.file_unknown = missing.reason
            raise
        if self.file is None:
            if self.rules.holds("file.alone"):
                self._validate(options)
            self._leave_out_untold()
            return
        self.untold = untold_settings([options, self.file.values], self.rules)
        for name, value in self.file.switches.items():
            if name not in _COPIED and self.line.flags[name].setting in options:
                options[name] = value
        if self.rules.holds("file.alone"):
            with prefixed(f"{self._about_file}configuration validation from file failed: "):
                self._validate(self.file.values)
        self.config = merge(self.file.values, options)
        self._leave_out_untold()
        about = f"{self._about_file}merged configuration validation from file and command line flags failed: "
        with prefixed(about):
            self._validate(self.config)

    def _leave_out_untold(self) -> None:
        """Go on as if what is not told were not set, so that the other settings are taken to their end."""
        self.config.update({key: copy(self.defaults.get(key)) for key in self.untold})

    def _validate(self, config: dict[str, Any]) -> None:
        proxy = "userland-proxy-path"
        if config["userland-proxy"] and not config[proxy] and proxy in self.defaults.undecided:
            # the program was not looked for; the rest is judged as if it were there
            self.undecided.append(Reason(self.defaults.undecided[proxy], Code.NOT_PROBED))
            validate({**config, "userland-proxy": False}, self.inputs.files, self.rules)
            return
        validate(config, self.inputs.files, self.rules)

    def _hosts(self) -> None:
        hosts = self.config["hosts"] or [""]
        if self.rules.holds("host.blank-dropped"):
            hosts = [host for host in hosts if trim_space(host)] or [""]
        self.config["hosts"] = hosts
        if self.rules.holds("host.early"):
            self.config["hosts"] = normalize_hosts(self.config, self.inputs)
            self._validate(self.config)
        else:
            with suppress(GoError):  # which is told when it comes to listen there
                self.config["hosts"] = normalize_hosts(self.config, self.inputs)

    def _labels(self) -> None:
        self.config["labels"] = conflict_free_labels(self.config["labels"] or [])

    def _switches(self) -> None:
        config = self.config
        if self.file and "tlsverify" in self.file.given:
            config["tls"] = True
        if config["tlsverify"] is None and config["tls"] is not None:
            config["tlsverify"] = config["tls"]
        if self.rules.holds("realtime.checked"):
            self._check_realtime()
        if "cdi-spec-dirs" in config:
            self._cdi()
        self._remap()
        if self.rules.holds("cluster-store.removed"):
            self._refuse_stores()

    def _cdi(self) -> None:
        config = self.config
        on = (config["features"] or {}).get("cdi", not self.rules.holds("cdi.on-request"))
        if not on or config["cdi-spec-dirs"] == [""]:
            config["cdi-spec-dirs"] = []
        elif config["cdi-spec-dirs"] is None:
            config["cdi-spec-dirs"] = ["/etc/cdi", "/var/run/cdi"]

    def _refuse_stores(self) -> None:
        if any(self.config[key] for key in ("cluster-advertise", "cluster-store-opts", "cluster-store")):
            raise GoError(
                "Host-discovery and overlay networks with external k/v stores are deprecated. The "
                "'cluster-advertise', 'cluster-store', and 'cluster-store-opt' options have been removed"
            )

    def _check_realtime(self) -> None:
        if not self.config["cpu-rt-period"] and not self.config["cpu-rt-runtime"]:
            return
        if self.inputs.cgroup is None:
            raise UndecidedError("the version of the host's control groups")
        if self.inputs.cgroup != 1:
            raise GoError("daemon-scoped cpu-rt-period and cpu-rt-runtime are not implemented for cgroup v2")
        if not any(self.inputs.files.exists(f"/sys/fs/cgroup/{name}/cpu.rt_period_us") for name in _CPU_GROUPS):
            raise GoError("daemon-scoped cpu-rt-period and cpu-rt-runtime are not supported by the kernel")

    def _remap(self) -> None:
        setting = self.config["userns-remap"]
        if not setting:
            return
        remapping = remapped_root(setting, self.inputs.files)
        if remapping.user == "root":
            self.warnings.append("userns-remap names root, which cannot be remapped: user namespaces are off.")
            return
        self.config["userns-remap"] = f"{remapping.user}:{remapping.group}"
        with prefixed("Can't create ID mappings: "):
            ids = load_id_map(remapping, self.inputs.files)
        given = self.file.given if self.file else {}
        if "containerd-namespace" not in self.config:
            return
        if "containerd-namespace" not in given:
            self.config["containerd-namespace"] += f"-{ids.uid}.{ids.gid}"
        self.config["containerd-plugin-namespace"] += f"-{ids.uid}.{ids.gid}"
        if self.rules.holds("store.userns"):
            self._keep_graph_driver()

    def _keep_graph_driver(self) -> None:
        """With remapped users the containerd image store is off."""
        features = self.config["features"] or {}
        if features.get("containerd-snapshotter"):
            raise GoError(
                "containerd-snapshotter is explicitly enabled, but is not compatible with userns remapping. Please "
                "disable userns remapping or containerd-snapshotter"
            )
        self.config["features"] = {**features, "containerd-snapshotter": False}

    def _tls(self) -> None:
        if self.rules.holds("tls.early"):
            with prefixed("invalid TLS configuration: "):
                check_tls(self.config, self.inputs.files, self.rules)

    def _validate_only(self) -> None:
        switched = bool(self.file and self.file.switches.get("validate"))
        if self.line.values.get("validate") or switched:
            raise GoError("configuration OK")

    def _start(self) -> None:
        check = check_start(self.config, self.inputs)
        self.refusal = check.refusal
        self.undecided += check.undecided

    def _outcome(self, *, starts: bool | None) -> EngineOutcome:
        if self.untold and not self._is_certain():
            if self.refusal is not None and self.config:
                self.undecided.append(Reason(f"whether it is refused: {self.refusal.text}"))
            starts, self.refusal = None, None
            self.undecided += [Reason(f"the value of {key}", Code.HIDDEN) for key in self.untold]
        merged = bool(self.config) and (self.refusal is None or self.refusal.stage != Stage.CONFIG_FILE)
        return EngineOutcome(
            starts,
            self.refusal,
            _Settings(self).all() if merged else {},
            tuple(self.warnings),
            tuple(dict.fromkeys(self.undecided)),
            self.path,
            arguments=tuple(self.inputs.argv),
            release=self.inputs.release,
        )


class _Settings:
    """The settings with their origins, in the form in which the engine has them in force."""

    def __init__(self, done: _Rebuilding) -> None:
        self.done = done
        self.config = done.config
        self._default = f"default of Docker Engine {done.inputs.release.line}"
        self._given: dict[str, str] = {}  # the first option on the command line by its setting
        for name in done.line.given:
            self._given.setdefault(done.line.flags[name].setting, name)

    def all(self) -> dict[str, Evidence[Any]]:
        settings = {key: self._evidence(key, value) for key, value in self.config.items()}
        for key in PROXY_KEYS:
            settings.pop(key, None)
        settings["proxies"] = self._proxies()
        settings["config-file"] = self._config_file()
        release = self.done.inputs.release
        for key, value in absent_keys(self.done.rules).items():
            settings.setdefault(
                key, known(value, Origin(f"Docker Engine {release.line} has no {key}", OriginKind.DEFAULT))
            )
        self._derive(settings)
        return settings

    def _insecure(self, registries: list[str]) -> list[str]:
        """The registries that are insecure: those of the configuration, and loopback addresses."""
        names = {_network(without_scheme(name)) for name in registries or ()}
        if self.done.rules.holds("insecure.loopback") or not self._is_set("insecure-registries"):
            names |= {"127.0.0.0/8", "::1/128"} if self.done.rules.holds("insecure.ipv6") else {"127.0.0.0/8"}
        # Docker Hub is put in its place after the others, and is secure
        return sorted(names - {"docker.io"})

    def _is_set(self, key: str) -> bool:
        file = self.done.file
        return bool(file and key in file.given) or key in self._given

    def _origin(self, key: str) -> Origin:
        file = self.done.file
        if file and key in file.given:
            plain = key in file.values and not is_empty(file.values[key])
            switched = key in file.switches and key not in _COPIED
            if plain or switched or key in {"tls", "tlsverify"}:
                return Origin(f"{self.done.path}: {key}", OriginKind.FILE)
        if key in self._given:
            return self.done.line.source(self._given[key])
        return Origin(f"{self._default}: {key}", OriginKind.DEFAULT)

    def _evidence(self, key: str, value: Any) -> Evidence[Any]:
        origin = self._origin(key)
        if key in self.done.untold and key != "labels":
            return unknown(UNTOLD, origin)
        if origin.kind is OriginKind.DEFAULT:
            if self.done.file_unknown is not None:
                return unknown(self.done.file_unknown, f"{self.done.path}: {key}")
            missing = self.done.defaults.undecided.get(key)
            if missing:
                return unknown(f"{missing} was not looked at", origin, Code.NOT_PROBED)
        return known(value, origin)

    def _config_file(self) -> Evidence[Any]:
        line = self.done.line
        origin = line.source("config-file") if "config-file" in line.given else self._origin("config-file")
        return known(self.done.path, origin)

    def _proxies(self) -> Evidence[Any]:
        """The proxies in force: the configuration's before the environment's, without passwords."""
        values: dict[str, str] = {}
        origins: list[Origin] = []
        for key in PROXY_KEYS:
            value = self.config.get(key)
            origin = self._origin(key)
            if not value:
                upper, lower = key.upper().replace("-", "_"), key.replace("-", "_")
                name = upper if self.done.inputs.env.get(upper) else lower
                value = self.done.inputs.env.get(name)
                origin = Origin(f"environment: {name}", OriginKind.ENVIRONMENT)
            if value:
                values[key] = mask_credentials(value)
                origins.append(origin)
        if self.done.file_unknown is not None and not set(PROXY_KEYS) <= self.done.line.given.keys():
            return unknown(self.done.file_unknown, f"{self.done.path}: proxies")
        if not origins:
            return known(values, self._origin("proxies"))
        return known(values, Origin(", ".join(dict.fromkeys(origins)), origins[0].kind))

    def _derive(self, settings: dict[str, Evidence[Any]]) -> None:
        config = self.config
        if not settings["debug"].is_known:
            settings["log-level"] = settings["debug"]
        elif config["debug"]:
            settings["log-level"] = known("debug", settings["debug"].source)
        else:
            settings["log-level"] = settings["log-level"].map(lambda level: (level or "info").lower())
        if not config["debug"] and self.done.inputs.env.get("DEBUG"):
            # `debug.IsEnabled`: the variable counts whatever it says, and leaves the log as it is.
            settings["debug"] = known(True, "environment: DEBUG")  # noqa: FBT003 - the setting's value
        settings["tls"] = settings["tls"].map(bool)
        settings["tlsverify"] = settings["tlsverify"].map(lambda value: bool(config["tls"] and value is not False))
        if not settings["iptables"].is_known:
            settings["ip-masq"] = settings["iptables"]
        elif not config["iptables"] and config["ip-masq"]:
            settings["ip-masq"] = known(False, settings["iptables"].source)  # noqa: FBT003 - the setting's value
        if (config["userns-remap"] or "").partition(":")[0] == "root":
            settings["userns-remap"] = settings["userns-remap"].map(lambda _name: "")
        settings["hosts"] = effective_hosts(settings["hosts"], self.done.inputs)
        for row in self.done.rules.of_kind("key"):
            if row.empty is not None:
                settings[row.name] = settings[row.name].map(partial(_or_instead, row.empty))
        settings["log-opts"] = settings["log-opts"].map(lambda options: mask_options(options or {}))
        settings["insecure-registries"] = settings["insecure-registries"].map(self._insecure)
        settings["registry-mirrors"] = settings["registry-mirrors"].map(_mirrors)
        settings["authorization-plugins"] = settings["authorization-plugins"].map(
            lambda names: list(dict.fromkeys(names or ()))
        )


def _or_instead(empty: Any, value: Any) -> Any:
    return value or copy(empty)


def _network(registry: str) -> str:
    found = attempt(parse_cidr, registry)
    return registry if found is None else str(found[1])


def _mirrors(mirrors: list[str]) -> list[str]:
    """The mirrors with one slash at their end, each once (``loadMirrors``)."""
    return list(dict.fromkeys(mirror.removesuffix("/") + "/" for mirror in mirrors or ()))


def rebuild(inputs: EngineInputs) -> EngineOutcome:
    """What an engine started with these inputs has in force, and whether it starts at all.

    Of a release that is not wholly known only that is decided which it can't have changed.
    """
    table = known_releases()
    doubt = table.doubt(inputs.release)
    if not doubt:
        return _Rebuilding(inputs).run()
    stand_ins = [replace(inputs, release=rules.release) for rules in table.stand_ins(inputs.release)]
    outcomes = [_Rebuilding(one, tolerant=len(stand_ins) == 1).run() for one in stand_ins]
    return replace(_common(outcomes, doubt), release=inputs.release)


def _common(outcomes: Sequence[EngineOutcome], doubt: str) -> EngineOutcome:
    """What is true by all the releases between which one lies; by a single one, what was set, and nothing else."""
    if not outcomes:
        return EngineOutcome(None, undecided=(Reason(doubt, Code.RELEASE),))
    first, *others = outcomes
    settings = {
        key: value if _agree(key, value, others) else unknown(doubt, value.source, Code.RELEASE)
        for key, value in first.settings.items()
    }
    if others and all(other.starts is first.starts for other in others) and first.starts is not None:
        return replace(first, settings=settings)
    return replace(
        first, starts=None, refusal=None, settings=settings, undecided=(*first.undecided, Reason(doubt, Code.RELEASE))
    )


def _agree(key: str, value: Evidence[Any], others: Sequence[EngineOutcome]) -> bool:
    if not others:
        return not value.is_known or value.origin is not OriginKind.DEFAULT
    found = [other.settings.get(key) for other in others]
    return all(other is not None and other.content == value.content for other in found)
