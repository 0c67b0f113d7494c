"""What a loader makes of a folder: the client's side of TLS, or the reason why it gives up before any connection."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.hosttree.faults import EACCES, EISDIR, ENOENT, ENOTDIR, PathError
from dockworthy.hosttree.keys import KeyFacts
from dockworthy.trust.x509.keypair import KeyPair, x509_key_pair
from dockworthy.trust.x509.pool import PEMTooLargeError

if TYPE_CHECKING:
    from dockworthy.hosttree.entry import Entry
    from dockworthy.hosttree.tree import Tree
    from dockworthy.trust.generations import Generation
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.pool import CertPool

__all__ = [
    "ClientTLS",
    "LoadedFile",
    "Refusal",
    "Refused",
    "certificate_text",
    "fault",
    "key_text",
    "list_folder",
    "load_authorities",
    "load_pair",
    "make_pair",
]

TLS_1_0: Final = 0x0301
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where the engine stops, and with which words.

    Attributes:
        cls: the verdict's class.
        message: the words.
        stage: what it was at: ``reference``, ``config``, ``directory``, ``ca``, ``pair``, ``connect``,
            ``handshake``, ``verify``, ``client``, ``http`` or ``token``.
        path: the file or folder, where it is about one.
        detail: the innermost words, without those of the callers.
    """

    cls: str
    message: str
    stage: str
    path: str = ""
    detail: str = ""

    @property
    def words(self) -> str:
        """The innermost words, as a person is told them."""
        return self.detail or self.message

    def within(self, prefix: str) -> Refusal:
        """The same with a caller's words before its own."""
        return replace(self, message=f"{prefix}{self.message}", detail=self.words)


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What a loader did with a file.

    Attributes:
        path: the file.
        use: ``ca``, ``pair``, ``empty`` (a .crt without a certificate), ``ignored``.
    """

    path: str
    use: str


@dataclass(frozen=True, slots=True)
class ClientTLS:
    """Go's ``tls.Config`` as far as it decides.

    Attributes:
        roots: the anchors, the system's among them.
        pairs: the client certificates, in the order of their files.
        skip_verify: whether any certificate is taken.
        suites: the TLS 1.2 suites offered.
        min_version: the lowest protocol version.
        rules: those of the Go that the program is built with.
        files: what became of each file in the folder.
        directory: the folder, or empty where none was read.
    """

    roots: CertPool
    rules: GoRules
    suites: frozenset[int]
    pairs: tuple[KeyPair, ...] = ()
    skip_verify: bool = False
    min_version: int = TLS_1_2
    files: tuple[LoadedFile, ...] = field(default=())
    directory: str = ""


class Refused(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A loader gives up."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal

    def within(self, prefix: str) -> Refused:
        """The same with a caller's words before its own."""
        return Refused(self.refusal.within(prefix))


_CLASSES: Final = {
    ENOENT: "file-missing",
    ENOTDIR: "not-a-directory",
    EISDIR: "is-a-directory",
    EACCES: "permission",
}


def fault(error: PathError, stage: str) -> Refused:
    """An operation on a file that failed, as the loader's end."""
    return Refused(Refusal(_CLASSES.get(error.why, "other"), str(error), stage, error.path))


def list_folder(
    tree: Tree, directory: str, generation: Generation, *, passes_denied: bool = False
) -> list[tuple[str, Entry]]:
    """What is in a registry's folder; nothing where it is absent, or may not be listed and is then passed over.

    Raises Refused where it cannot be listed for another reason.
    """
    try:
        return tree.read_dir(directory, o_directory=generation.rules.opens_folders_only)
    except PathError as error:
        if error.absent or (passes_denied and error.denied):
            return []
        refused = fault(error, "directory")
        if error.op == "readdirent" and not generation.rules.listed_paths:
            refused = Refused(replace(refused.refusal, message=f"{error.op}: {error.why}"))
        raise refused from None


def load_authorities(tree: Tree, path: str, pool: CertPool) -> bool:
    """Add a file's certificates to a pool; whether there was any.

    Raises Refused where the file cannot be read; NotDecided where its content is not known, or is beyond our limits.
    """
    try:
        entry = tree.open(path)
        if entry.key is not None and entry.data is None:
            return False  # a private key's file: whatever is in it, it was no certificate
        return pool.append_pem(tree.read_file(path), path)
    except PathError as error:
        raise fault(error, "ca") from None
    except PEMTooLargeError as error:
        raise NotDecided(str(error), path) from None


def load_pair(tree: Tree, certificate: str, key: str, rules: GoRules) -> KeyPair:
    """A certificate and its key, as ``tls.LoadX509KeyPair``: both are read first; raises Refused with Go's words."""
    try:
        pem = certificate_text(tree.open(certificate), certificate)
        secret = key_text(tree.open(key), key)
    except PathError as error:
        raise fault(error, "pair") from None
    return make_pair(pem, secret, certificate, rules)


def make_pair(pem: bytes, secret: bytes | KeyFacts, path: str, rules: GoRules) -> KeyPair:
    """A pair of what was read, as ``tls.X509KeyPair``.

    Raises Refused with Go's words; NotDecided where the host could not say enough about the key.
    """
    pair = x509_key_pair(pem, secret, rules)
    if isinstance(pair, KeyPair):
        return pair
    if pair.undecided:
        raise NotDecided(pair.message, path)
    cls = "other" if pair.message.startswith(_CERTIFICATE_FOR_KEY) else pair.cls
    raise Refused(Refusal(cls, pair.message, "pair", path))


_CERTIFICATE_FOR_KEY: Final = "tls: found a certificate rather than a key"


def certificate_text(entry: Entry, path: str) -> bytes:
    """A certificate file's text; of a file with a private key the certificates and the kinds of its blocks."""
    facts = entry.key
    if entry.data is not None:
        return entry.data
    if not isinstance(facts, KeyFacts):
        raise NotDecided("its content was not read", path, Code.NOT_PROBED)
    if any(block.kind == "CERTIFICATE" for block in facts.blocks):
        raise NotDecided(
            "it holds a private key, too, so its certificate was not taken off the host", path, Code.HIDDEN
        )
    return "".join(f"-----BEGIN {block.kind}-----\n-----END {block.kind}-----\n" for block in facts.blocks).encode()


def key_text(entry: Entry, path: str) -> bytes | KeyFacts:
    """A key file's text, or what the host said of it."""
    if isinstance(entry.key, KeyFacts):
        return entry.key
    if entry.data is None:
        raise NotDecided("its content was not read", path, Code.NOT_PROBED)
    return entry.data
