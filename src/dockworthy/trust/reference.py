"""Image references: what is one, and which registry it names.

Two programs, two grammars: the engine's (``distribution/reference``: an anchored regular expression) and
containerd's own (``reference.Parse``: a URL without its scheme), which takes nearly anything.
The name of the directory under ``certs.d`` is the reference's ``host[:port]``, byte for byte.
"""

from __future__ import annotations

import re
from posixpath import normpath
from typing import Final

from dockworthy.dataclass import dataclass
from dockworthy.golang.url import URLError, parse_url
from dockworthy.regex import regex

__all__ = [
    "BadReference",
    "Reference",
    "familiar",
    "is_digest",
    "is_host_port",
    "is_identity",
    "is_repository",
    "normal_name",
    "normal_tag",
    "parse_containerd",
    "parse_engine",
    "split_host_port",
    "split_reference",
]

HUB: Final = "docker.io"
HUB_REGISTRY: Final = "registry-1.docker.io"
_OFFICIAL: Final = "library/"
_LEGACY_HUB: Final = "index.docker.io"
_MAX_NAME: Final = 255  # reference.NameTotalLengthMax: of the path since 2.8/0.5, of the whole name before

_DOMAIN_PART: Final = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN_NAME: Final = rf"{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*"
_IPV6: Final = r"\[(?:[a-fA-F0-9:]+)\]"
_PORT: Final = r"(?::[0-9]+)?"
_PATH_PART: Final = r"[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
_PATH: Final = rf"{_PATH_PART}(?:/{_PATH_PART})*"
_TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_IDENTIFIER: Final = regex(r"[a-f0-9]{64}")
_DIGEST_SIZES: Final = {"sha256": 64, "sha384": 96, "sha512": 128}


def _grammar(domain: str) -> re.Pattern[str]:
    name = rf"(?:(?P<domain>{domain}{_PORT})/)?(?P<path>{_PATH})"
    return re.compile(rf"{name}(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")


_WITH_IPV6: Final = _grammar(rf"(?:{_DOMAIN_NAME}|{_IPV6})")
_WITHOUT_IPV6: Final = _grammar(_DOMAIN_NAME)  # docker/distribution 2.8: Engine 20.10 to 24
_HOST_PORT: Final = regex(rf"(?:{_DOMAIN_NAME}|{_IPV6}){_PORT}")
_REPOSITORY: Final = regex(_PATH)
_TAG_ALONE: Final = regex(_TAG)


class BadReference(ValueError):  # noqa: N818 - what it is, as the verdict's class has it
    """A text that names no image; its words are the engine's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference.

    Attributes:
        domain: ``host[:port]`` as written; ``docker.io`` where the reference has none.
        path: the repository within the registry.
        tag: ``latest`` where neither tag nor digest is given; empty beside a digest alone.
        digest: with its algorithm, or empty.
    """

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.domain}/{self.path}{tag}{digest}"

    @property
    def object(self) -> str:
        """What is asked of the registry's manifests: the digest where there is one, else the tag."""
        return self.digest or self.tag

    @property
    def host(self) -> str:
        """The host without port and brackets: what the certificate must name."""
        return split_host_port(self.domain)[0]


def split_host_port(authority: str) -> tuple[str, str]:
    """``host[:port]`` taken apart as ``url.URL`` does (Hostname, Port): no brackets; a missing port is empty."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, rest[1:] if rest.startswith(":") else ""
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon else (authority, "")


def is_host_port(text: str) -> bool:
    """``reference.DomainRegexp`` matches the whole text."""
    return _HOST_PORT.fullmatch(text) is not None


def is_repository(path: str, tag: str) -> bool:
    """Whether a registry can have such a repository and tag: what else is asked for is not found."""
    return _REPOSITORY.fullmatch(path) is not None and (not tag or _TAG_ALONE.fullmatch(tag) is not None)


def _split_domain(text: str, *, upper_is_domain: bool) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    named = "." in first or ":" in first or first == "localhost" or (upper_is_domain and first.lower() != first)
    domain, remainder = (first, rest) if slash and named else (HUB, text)
    if domain == _LEGACY_HUB:
        domain = HUB
    if domain == HUB and "/" not in remainder:
        remainder = _OFFICIAL + remainder
    return domain, remainder


def parse_engine(
    text: str, *, ipv6: bool = True, upper_is_domain: bool = True, names_upper_case: bool = True
) -> Reference:
    """Read a reference as the engine and its command line do.

    Source: ``distribution/reference`` normalize.go (ParseNormalizedNamed, TagNameOnly), reference.go (Parse).

    Args:
        text: the reference.
        ipv6: whether this generation's grammar has bracketed addresses (since Engine 25).
        upper_is_domain: whether a first part with capital letters is a host although it has neither dot nor
            port (since Engine 25).
        names_upper_case: whether the refusal of a repository with capital letters names it (since Engine 25).

    Raises:
        BadReference: with the engine's words.
    """
    if _IDENTIFIER.fullmatch(text):
        raise BadReference(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    domain, remainder = _split_domain(text, upper_is_domain=upper_is_domain)
    remote = remainder.partition(":")[0]
    if remote.lower() != remote:
        name = f" ({remote})" if names_upper_case else ""
        raise BadReference(f"invalid reference format: repository name{name} must be lowercase")
    match = (_WITH_IPV6 if ipv6 else _WITHOUT_IPV6).fullmatch(f"{domain}/{remainder}")
    if match is None or match["domain"] is None:
        raise BadReference("invalid reference format")
    if len(match["path"]) > _MAX_NAME:
        raise BadReference(f"repository name must not be more than {_MAX_NAME} characters")
    digest = match["digest"] or ""
    _check_digest(digest)
    tag = match["tag"] or ("" if digest else "latest")
    return Reference(match["domain"], match["path"], tag, digest)


def _check_digest(digest: str) -> None:
    """go-digest's Validate."""
    if not digest:
        return
    algorithm, _, encoded = digest.partition(":")
    size = _DIGEST_SIZES.get(algorithm)
    if size is None:
        raise BadReference("unsupported digest algorithm")
    if len(encoded) != size:
        raise BadReference("invalid checksum digest length")
    if encoded.lower() != encoded:
        raise BadReference("invalid checksum digest format")


def parse_containerd(text: str) -> Reference:
    """Read a reference as containerd does: any URL with a host, and an object after it; BadReference in its words.

    Source: containerd ``reference/reference.go`` (Parse), ``remotes/docker/resolver.go`` (Resolve).
    """
    if "://" in text:
        raise BadReference("invalid reference")
    try:
        host = parse_url(f"dummy://{text}").host
    except URLError as error:
        raise BadReference(str(error)) from None
    if not host:
        raise BadReference("hostname required")
    whole = text.partition("#")[0].partition("?")[0].partition("/")[2]
    found = re.search("[:@]", whole)
    path, rest = (whole[: found.start()], whole[found.start() :]) if found else (whole, "")
    rest = rest.removeprefix(":")
    try:
        parse_url(f"dummy://{host}/{path}")  # it is read again from what was made of it
    except URLError as error:
        raise BadReference(str(error)) from None
    if not rest:
        raise BadReference("object required")
    tag, _, digest = rest.partition("@")
    _check_digest(digest)
    return Reference(host, normpath(f"/{path}").lstrip("/"), tag, digest)


# -- as the engine's API shows them: none is refused -------------------------------------------------------------

_IDENTITY: Final = regex(r"(?:sha256:)?[0-9a-f]{64}", re.ASCII)
_PREFIX: Final = regex(r"[0-9a-f]{1,64}", re.ASCII)


def split_reference(reference: str) -> tuple[str, str, str]:
    """Name, tag and digest; what is not there is empty."""
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{slash}{base}", tag, digest


def is_digest(reference: str) -> bool:
    """Whether a reference is pinned by a digest."""
    return bool(split_reference(reference)[2])


def is_identity(reference: str, identity: str) -> bool:
    """Whether a reference is an image's id, whole or its beginning, and so means that image for ever."""
    if _IDENTITY.fullmatch(reference):
        return True
    short = reference.removeprefix("sha256:")
    return bool(_PREFIX.fullmatch(short)) and identity.removeprefix("sha256:").startswith(short)


def normal_name(name: str) -> str:
    """The name with its registry: ``busybox`` is ``docker.io/library/busybox``."""
    return "/".join(_split_domain(name, upper_is_domain=True))


def normal_tag(reference: str) -> str:
    """The name with its registry and its tag, ``latest`` where none is written; a digest is left out."""
    name, tag, _ = split_reference(reference)
    return f"{normal_name(name)}:{tag or 'latest'}"


def familiar(reference: str) -> str:
    """The reference as people write it, without the default registry (engines with containerd's store write it)."""
    return reference.removeprefix(f"{HUB}/{_OFFICIAL}").removeprefix(f"{HUB}/")
