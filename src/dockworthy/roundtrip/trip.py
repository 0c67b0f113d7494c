"""The journey: from an image that is built, through a registry, to each engine, and back to nothing.

Steps are gone one after the other, in this thread: so what one takes is not another's, and an interruption finds one
thing under way, which ends with its connection. Whatever happens, the last step is to remove what was made.
"""

from __future__ import annotations

import re
import time
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.messages import cause_code, classify
from dockworthy.printable import printable
from dockworthy.roundtrip.causes import cause_of
from dockworthy.roundtrip.engine import EngineRefused
from dockworthy.roundtrip.image import SMALL_LAYERS, build_context, line_of
from dockworthy.roundtrip.program import ARCHITECTURES
from dockworthy.roundtrip.registry import NotAsked, Refused
from dockworthy.roundtrip.steps import Step
from dockworthy.trust.reference import HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockworthy.credentials import Credentials
    from dockworthy.roundtrip.engine import Engine, Image
    from dockworthy.roundtrip.registry import Registry

__all__ = ["NAME", "RUN", "Trip", "registry_place"]

INDEX: Final = "https://index.docker.io/v1/"  # how logins to Docker Hub call it
NAME: Final = "dockworthy-roundtrip"
"""The repository, within the project, that holds what is pushed."""
RUN: Final = re.compile(r"[0-9]{8}t[0-9]{6}z-[0-9a-f]{8}")
"""A run's id."""
_COMMITTED: Final = "-committed"
_LONGEST: Final = 600
_LOOKS: Final = 20
_PAUSE: Final = 0.25  # seconds between two looks
_QUIET: Final = 3  # looks that found nothing, after an interruption: an engine may still end what it was at
_REJECTED: Final = re.compile(r"login attempt to \S+ failed with status: 401")
# Causes for which a registry refuses before it takes anything in.
_NOTHING_TAKEN: Final = frozenset({"credentials", "denied", "no-project", "token", "unauthenticated", "read-only"})
# Verdicts that words alone do not make certain: a file that is missing may be any file.
_WORDED: Final = frozenset(
    {"other", "refused", "dns", "permission", "file-missing", "is-a-directory", "not-a-directory"}
)


def registry_place(authority: str) -> str:
    """How results call the registry, as if it were a host."""
    return f"registry:{authority}"


@dataclass(slots=True)
class Trip:
    """One run.

    Attributes:
        run: its id, which is the tag of what is pushed, too.
        authority: the registry's ``host[:port]``.
        project: what stands before the repository's name.
        engines: that were reached; the first that can log in builds and pushes.
        registry: asked from here.
        credentials: for all of them.
        size: bytes of the large layer.
        told: is called with each step as it ends.
        trusted: what `dockworthy trust` says of the registry from an engine: verdict, cause and fix; None for nothing.
        steps: what became of each, so far.
        digest: of what was pushed; empty where nothing was.
    """

    run: str
    authority: str
    project: str
    engines: Sequence[Engine]
    registry: Registry
    credentials: Credentials
    size: int
    told: Callable[[Step], None]
    trusted: Callable[[Engine], tuple[str, str, str] | None]
    steps: list[Step] = field(default_factory=list)
    digest: str = ""
    _upload_refused: bool = False
    _in_flight: bool = False
    _push_begun: bool = False
    _builder: Engine | None = None

    @property
    def repository(self) -> str:
        """The repository's whole name, as an engine takes it."""
        return f"{self.authority}/{self.project}/{NAME}"

    @property
    def image(self) -> str:
        """The image's name; without a tag where it is not one run's."""
        return f"{self.repository}:{self.run}".rstrip(":")

    @property
    def place(self) -> str:
        """The registry's place among the steps."""
        return registry_place(self.authority)

    @property
    def _store(self) -> str:
        """The image store of the engine that built."""
        return self._builder.store if self._builder is not None else ""

    @property
    def _architecture(self) -> str:
        """What the image is for."""
        return self._builder.architecture if self._builder is not None else ""

    def go(self) -> None:
        """Go the whole way, and remove everything; KeyboardInterrupt is passed on once that is done."""
        try:
            self._travel()
        except BaseException:
            self._in_flight = True
            raise
        finally:
            for engine in self.engines:
                self._clean_engine(engine)
            self._clean_registry()
            self._in_flight = False

    def pushing(self, line: str) -> None:
        """Hear what an engine says while it pushes: one that tries again what is refused anyway is not waited for."""
        if self._upload_refused and line.startswith("Retrying in"):
            self._in_flight = True
            raise EngineRefused("the engine began to try the upload again and was not waited for")

    # --- the way -----------------------------------------------------------------------------------------------

    def _travel(self) -> None:
        ready = [engine for engine in self.engines if self._login(engine)]
        for engine in self.engines:
            if ready and engine not in ready:
                self._not_tried("login", engine, (), [engine])
        if not ready:
            return self._not_tried("login", self.engines[0], ("build", "upload", "push", "manifest"), self.engines)
        self._builder = first = ready[0]
        built = self._build(first)
        self._upload()
        if built is None:
            return self._not_tried("build", first, ("push", "manifest"), ready)
        if not self._push(first):
            return self._not_tried("push", first, ("manifest",), ready)
        self._manifest(built)
        for engine, other in zip(ready, [*ready[1:], first], strict=True):
            self._on(engine, other, built)
        return None

    def _not_tried(self, why: str, where: Engine, once: Sequence[str], engines: Sequence[Engine]) -> None:
        """Tell of the steps that stand on one that failed that they were not tried."""
        cause = f"not tried: {why} on {where.label} did not come about"
        for kind in once:
            place = self.place if kind in {"upload", "manifest"} else where.label
            self._tell(Step(kind, place, "error", cause=cause, code="not-tried"))
        for engine in engines:
            for kind in ("pull", "run", "commit", "move"):
                self._tell(Step(kind, engine.label, "error", cause=cause, code="not-tried"))

    def _login(self, engine: Engine) -> bool:
        if not self.credentials.given:
            cause = "there are no credentials for this registry, so that nobody logs in"
            self._tell(Step("login", engine.label, "skip", cause=cause))
            return True

        def work() -> str:
            engine.login(INDEX if self.authority == HUB else self.authority, self.credentials)
            return self.credentials.source

        return self._step("login", engine, "POST /auth", work)

    def _build(self, engine: Engine) -> Image | None:
        made: list[Image] = []

        def work() -> str:
            context = build_context(self.run, engine.architecture, self.size)
            made.append(engine.build(context, self.image))
            expected = SMALL_LAYERS + 1 + (engine.architecture in ARCHITECTURES)
            if len(made[0].layers) != expected:
                raise EngineRefused(f"the image has {len(made[0].layers)} layers, and {expected} were built")
            return f"{expected} layers, {made[0].id}"

        return made[0] if self._step("build", engine, "POST /build", work) else None

    def _upload(self) -> None:
        def work() -> str:
            return f"{self.size} bytes in two pieces, {self.registry.upload(self.size)}"

        self._upload_refused = not self._asked("upload", "POST /v2/…/blobs/uploads/", work) and (
            self.steps[-1].outcome == "fail"
        )

    def _push(self, engine: Engine) -> bool:
        def work() -> str:
            self._push_begun = True
            self.digest = engine.push(self.repository, self.run, self.credentials)
            return self.digest

        return self._step("push", engine, f"POST /images/{self.repository}/push", work)

    def _manifest(self, built: Image) -> None:
        def work() -> str:
            said, counted, manifest = self.registry.manifest(self.digest)
            if not said == counted == self.digest:
                raise Refused(f"pushed {self.digest}, the registry says {said or 'none'}, its bytes are {counted}")
            config = manifest.get("config")
            if self._store == "classic" and isinstance(config, dict) and config.get("digest") != built.id:
                raise Refused(f"the image's configuration is {built.id}, the registry's {config.get('digest')}")
            return counted

        self._asked("manifest", f"GET /v2/…/manifests/{self.digest}", work)

    def _on(self, engine: Engine, other: Engine, built: Image) -> None:
        """Pull, run, commit, and hand on to the next engine."""

        def pull() -> str:
            engine.remove(self.run)  # on the engine that built it, so that it is pulled for real
            got = engine.pull(self.repository, self.digest, self.credentials)
            if f"{self.repository}@{self.digest}" not in got.digests:
                raise EngineRefused(f"the engine says that it is {', '.join(got.digests) or 'of no digest'}")
            _same_layers(got, built)
            if engine.store == self._store == "classic" and got.id != built.id:
                raise EngineRefused(f"the image is {got.id}, and {built.id} was built")
            return self.digest

        name = f"{self.repository}@{self.digest}"
        if not self._step("pull", engine, f"POST /images/create?fromImage={name}", pull):
            return self._skip_rest("pull", engine, ("run", "commit", "move"))
        container = self._run(engine, name)
        if container is None:
            return self._skip_rest("run", engine, ("commit", "move"))
        return self._hand_on(engine, other, container, built)

    def _skip_rest(self, why: str, engine: Engine, kinds: Sequence[str]) -> None:
        last = self.steps[-1]
        skipped = last.outcome == "skip"
        cause = last.cause if skipped else f"not tried: {why} on {engine.label} did not come about"
        for kind in kinds:
            outcome, code = ("skip", "") if skipped else ("error", "not-tried")
            self._tell(Step(kind, engine.label, outcome, cause=cause, code=code))

    def _run(self, engine: Engine, name: str) -> str | None:
        """The container that ran; None where none did."""
        if reason := _cannot_run(engine, self._architecture):
            self._tell(Step("run", engine.label, "skip", cause=reason))
            return None
        ran: list[str] = []

        def work() -> str:
            done = engine.run(name, self.run)
            ran.append(done.id)
            if done.status or done.output.strip() != line_of(self.run):
                raise EngineRefused(f"the program ended with {done.status} and printed: {done.output.strip()}")
            return done.output.strip()

        return ran[0] if self._step("run", engine, "POST /containers/create", work) else None

    def _hand_on(self, engine: Engine, other: Engine, container: str, built: Image) -> None:
        tag = self.run + _COMMITTED
        made: list[Image] = []

        def commit() -> str:
            made.append(engine.commit(container, f"{self.run} {engine.label}", self.repository, tag))
            if made[0].layers[:-1] != built.layers:
                raise EngineRefused(f"the image has the layers {', '.join(made[0].layers)}")
            return made[0].id

        def move() -> str:
            name = f"{self.repository}:{tag}"
            if other is engine:
                packed = b"".join(engine.save(name))
                engine.remove(self.run)
                engine.load(iter((packed,)))
            else:
                other.remove(self.run)
                other.load(engine.save(name))
            _same_layers(other.image(name), made[0])
            if not _cannot_run(other, self._architecture):
                done = other.run(name, self.run)
                if done.status or done.output.strip() != line_of(self.run):
                    raise EngineRefused(f"the program ended with {done.status} and printed: {done.output.strip()}")
            return f"to {other.label}: {len(made[0].layers)} layers"

        if not self._step("commit", engine, "POST /commit", commit):
            return self._skip_rest("commit", engine, ("move",))
        self._step("move", engine, f"GET /images/get, POST /images/load on {other.label}", move)
        return None

    # --- one step ----------------------------------------------------------------------------------------------

    def _step(self, kind: str, engine: Engine, source: str, work: Callable[[], str]) -> bool:
        """Let an engine do something, and tell what became of it; whether it came about."""
        start = time.monotonic()
        try:
            step = Step(kind, engine.label, "pass", observed=work())
        except EngineRefused as error:
            words = self._shown(str(error))
            self._in_flight |= error.unreachable  # who knows what it is still at
            step = Step(kind, engine.label, "error" if error.unreachable else "fail", observed=words)
            step = self._explained(step, engine, words)
        self._tell(replace(step, seconds=time.monotonic() - start, source=source))
        return step.outcome == "pass"

    def _asked(self, kind: str, source: str, work: Callable[[], str]) -> bool:
        """The same for what the registry is asked from here."""
        self._tell(self._ask(kind, source, work))
        return self.steps[-1].outcome == "pass"

    def _ask(self, kind: str, source: str, work: Callable[[], str]) -> Step:
        start = time.monotonic()
        try:
            step = Step(kind, self.place, "pass", observed=work())
        except NotAsked as error:
            step = Step(kind, self.place, "error", cause=self._shown(f"{error}"), fix=error.fix, code="unreachable")
        except Refused as error:
            step = Step(kind, self.place, "fail", observed=self._shown(error.words), code=error.code)
            step = self._worded(step, error.code or cause_code(error.words), error.facts)
        return replace(step, seconds=time.monotonic() - start, source=source)

    def _explained(self, step: Step, engine: Engine, words: str) -> Step:
        """The step with its cause: what the registry answered here, what `trust` says, what the words tell."""
        if step.outcome == "error":
            return replace(step, cause=words, code="unreachable")
        code = cause_code(words)
        verdict = classify(words)
        known = next((one for one in self.steps if one.kind == "upload" and one.outcome == "fail" and one.cause), None)
        if (
            step.kind == "push"
            and known is not None
            and verdict in _WORDED
            and code in {"", "blob-unknown", known.code}
        ):
            return replace(step, cause=known.cause, fix=known.fix, code=known.code)
        if verdict != "other" and (verdict not in _WORDED or not code):
            told = self.trusted(engine)
            if told is not None and told[0] not in {"ok", ""}:
                return replace(step, verdict=told[0], cause=told[1], fix=told[2], code=told[0])
            if verdict not in _WORDED:
                fix = f"dockworthy trust {self.image}  # on the engine's host"
                return replace(step, verdict=verdict, cause=words, fix=fix, code=verdict)
        if code == "credentials" and _REJECTED.search(words) and self.registry.asks_for_tokens():
            code = "token"  # one was given out, and not accepted
        return self._worded(step, code, {})

    def _worded(self, step: Step, code: str, facts: dict[str, str]) -> Step:
        user = printable(self.credentials.user) or "nobody without a login"
        known = {"authority": self.authority, "project": self.project, "user": user, "source": self.credentials.source}
        if code == "denied" and not self.credentials.given:
            code = "unauthenticated"
        elif code == "denied" and step.kind == "clean":
            code = "delete-denied"
        cause = cause_of(code, {**known, **{name: printable(text) for name, text in facts.items()}})
        if cause is None:
            return replace(step, cause=step.observed)
        return replace(step, cause=cause.sentence, fix=cause.fix, code=cause.code)

    def _shown(self, words: str) -> str:
        """Foreign words on one line, without a page's markup and without anything secret."""
        return printable(" ".join(self.credentials.hide(_plain(words)).split()), _LONGEST)

    def _tell(self, step: Step) -> None:
        self.steps.append(step)
        self.told(step)

    # --- the way back ------------------------------------------------------------------------------------------

    def _clean_engine(self, engine: Engine) -> None:
        start = time.monotonic()
        registry = f"{self.authority}/{self.project} " if self.project else ""
        again = f"dockworthy roundtrip {registry}--clean --engine-host {engine.label}"
        try:
            if self._in_flight:  # ends what is under way, too
                engine.close()
                engine.connect()
            left = remove_from(engine, self.run, looks=_QUIET if self._in_flight else 1)
            step = Step("clean", engine.label, "pass", observed="nothing is left")
            if left:
                told = ", ".join(left)
                step = replace(
                    step, outcome="fail", observed=told, cause=f"{engine.label} still has {told}.", fix=again
                )
        except EngineRefused as error:
            step = Step("clean", engine.label, "error", cause=self._shown(str(error)), fix=again, code="unreachable")
        self._tell(replace(step, seconds=time.monotonic() - start, source="GET /containers/json, GET /images/json"))

    def _clean_registry(self) -> None:
        def work() -> str:
            for _ in range(_QUIET if self._in_flight else 1):
                self._delete([self.run])
                if self._in_flight:
                    time.sleep(_PAUSE)
            return self._left_of_repository()

        pushes = [step for step in self.steps if step.kind == "push"]
        if any(step.outcome == "fail" and step.code in _NOTHING_TAKEN for step in pushes):
            self._tell(Step("clean", self.place, "skip", cause="the registry took nothing in"))
        elif self._push_begun:
            self._tell(
                self._left(self._ask("clean", f"DELETE /v2/{self.project}/{NAME}/manifests/…", work), self.image)
            )

    def clean(self) -> None:
        """Remove what runs left that came to no end of their own: this one where it has an id, else all of them."""
        self._in_flight = False
        for engine in self.engines:
            self._clean_engine(engine)

        def work() -> str:
            self._delete([tag for tag in self.registry.tags() if RUN.fullmatch(tag) and self.run in {"", tag}])
            return self._left_of_repository()

        if self.project:
            step = self._ask("clean", f"DELETE /v2/{self.project}/{NAME}/manifests/…", work)
            self._tell(self._left(step, self.image))

    def _delete(self, tags: Sequence[str]) -> None:
        for tag in tags:
            for digest in {self.digest, self.registry.digest_of(tag)} - {""}:
                self.registry.delete(digest)
            if self.registry.digest_of(tag):
                raise Refused(f"{tag} is still there after it was deleted")

    def _left_of_repository(self) -> str:
        if not self.registry.tags() and not self.registry.delete_repository():
            return "the empty repository is left: to delete it takes the permission for repositories"
        return "nothing is left"

    def _left(self, step: Step, what: str) -> Step:
        """The step, which says where it did not come about that something may be left."""
        if step.outcome == "pass":
            return step
        cause = f"{what} may be left in the registry: {step.cause or step.observed}"
        return replace(step, cause=cause, fix=step.fix or "# Delete it there, by hand or by --clean.")


def _cannot_run(engine: Engine, architecture: str) -> str:
    """Why an engine cannot run the image; empty where it can."""
    if architecture not in ARCHITECTURES:
        return f"there is no program for {printable(architecture) or 'an engine that does not tell its architecture'}"
    if engine.architecture != architecture:
        return f"the image is for {architecture}, and this engine for {printable(engine.architecture)}"
    return ""


def _same_layers(got: Image, wanted: Image) -> None:
    if got.layers != wanted.layers:
        raise EngineRefused(f"the image has the layers {', '.join(got.layers) or 'none'}")


def _plain(words: str) -> str:
    """What a proxy's page says: its title."""
    head, tag, rest = words.partition("<html")
    title = rest.partition("<title>")[2].partition("</title>")[0]
    return f"{head}{title}" if tag and title else words


def remove_from(engine: Engine, run: str = "", looks: int = 1) -> list[str]:
    """Remove what this run, or any, made on an engine, until so many looks found nothing; what resists."""
    quiet = 0
    left: list[str] = []
    for _ in range(_LOOKS):
        left = [f"container {one[:12]}" for one in engine.containers(run)]
        left += [f"image {one.removeprefix('sha256:')[:12]}" for one in engine.images(run)]
        if left:
            quiet = 0
            engine.remove(run)
            continue
        quiet += 1
        if quiet >= looks:
            return []
        time.sleep(_PAUSE)
    return left
