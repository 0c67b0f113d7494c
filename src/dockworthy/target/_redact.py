"""What must not stand in a snapshot, for files that are read here and not by the probe on a host.

The same rules as the probe's fragments `10-mask.sh`, `12-json.sh`, `16-pem.sh`, `50-services.sh` and `86-harbor.sh`.
"""

from __future__ import annotations

import re

__all__ = ["environment_file", "is_secret_name", "json_text", "public_part", "text", "unit", "yaml_text"]

_SECRET = re.compile(
    r"pass|pwd|secret|token|cred|auth|api.*key|access.*key|priv.*key|sign.*key|encr.*key|licen[sc]e.*key"
    r"|account.*key|dsn$|webhook|cookie",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(://)[^/\s\"'`<>]*@|(://)[^/\s\"'`<>:]+:[^\s\"'`<>]*@")
_ASSIGNED = re.compile(r"(?P<name>[^\s\"'=:]+)(?P<sign>\s*[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s\"']+)")
_FLAG = re.compile(r"(?P<name>--?[A-Za-z][\w-]*)(?P<sign>\s+)(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s\"'-][^\s\"']*)")
_READ = re.compile(
    r"(?:HTTPS?|NO|ALL|FTP)_PROXY|(?:https?|no|all|ftp)_proxy|(?:DOCKER|DOCKERD|XDG|ROOTLESSKIT|SSL_CERT|LISTEN|MOBY"
    r"|CONTAINERD|BUILDKIT|WATCHDOG)_\w*|HOME|PATH|USER|LOGNAME|LANG|DEBUG|GODEBUG|GOMAXPROCS|GOGC|GOTRACEBACK|GOMEMLIMIT"
    r"|NOTIFY_SOCKET|TMPDIR|OPTIONS|OTHER_ARGS|(?:ADD|BLOCK|INSECURE)_REGISTRY"
)
_USED = re.compile(r"\$\{?([A-Za-z_]\w*)")
_WORD = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\\.|[^\s\"'\\])+|\\\s*$")
_STRING = re.compile(r"\"((?:\\.|[^\"\\])*)(\"|$)", re.DOTALL)
_PUBLIC = ("CERTIFICATE", "CRL", "PUBLIC KEY", "PKCS7", "CMS", "PARAMETERS")
_MARKER = re.compile(r"-----(BEGIN|END)([^-]{0,70})-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")
HIDDEN = "REDACTED"


def is_secret_name(name: str) -> bool:
    """Whether a key, flag or variable of that name is likely to hold a secret."""
    return "authorization-plugin" not in name.lower() and _SECRET.search(name) is not None


def text(content: str) -> str:
    """Free text: URLs' passwords, and values that follow a name which betrays them."""
    content = _USER_INFO.sub(lambda found: f"{found[1] or found[2]}{HIDDEN}@", content)
    if not _SECRET.search(content):
        return content
    return _FLAG.sub(_hidden, _ASSIGNED.sub(_hidden, content))


def _hidden(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    if value.startswith("//"):
        return found[0]
    if is_secret_name(name):
        quote = value[0] if value[0] in "\"'" else ""
        return f"{name}{found['sign']}{quote}{HIDDEN}{quote if quote and value.endswith(quote) else ''}"
    inner, equals, rest = value.rpartition("=")
    if equals and rest and is_secret_name(inner):
        return f"{name}{found['sign']}{inner}={HIDDEN}"
    return found[0]


def unit(content: str) -> str:
    """A systemd unit: values of ``Environment=`` that neither the engine nor a command line reads are hidden."""
    used = set(_USED.findall(content))
    lines, continued = [], False
    for line in content.split("\n"):
        bare = line.lstrip()
        name, equals, words = bare.partition("=")
        if continued:
            lines.append(_words(line, used))
        elif equals and name.strip() == "Environment":
            lines.append(f"{name}={_words(words, used)}")
        elif equals and name.strip() in {"SetCredential", "SetCredentialEncrypted"}:
            lines.append(f"{name}={HIDDEN}")
        else:
            lines.append(text(line))
            continue
        continued = line.endswith("\\")
    return "\n".join(lines)


def _words(line: str, used: set[str]) -> str:
    return _WORD.sub(lambda found: _word(found[0], used), line)


def _word(word: str, used: set[str]) -> str:
    if word.rstrip() == "\\":
        return word
    quote = word[0] if word[0] in "\"'" else ""
    name, equals, value = word.removeprefix(quote).partition("=")
    if not equals:
        return HIDDEN
    if _is_read(name, used):
        return f"{quote}{name}={text(value)}"
    closing = quote if quote and value.endswith(quote) else ""
    return f"{quote}{name}={HIDDEN}{closing}"


def _is_read(name: str, used: set[str]) -> bool:
    return (name in used or _READ.fullmatch(name) is not None) and not is_secret_name(name)


def environment_file(content: str) -> str:
    """A file of ``NAME=value`` lines for systemd or a shell."""
    lines, hiding = [], False
    for line in content.split("\n"):
        bare = line.lstrip()
        name, equals, value = bare.partition("=")
        if not bare or bare[0] in "#;":
            lines.append(text(line))
            hiding = False
        elif equals and re.fullmatch(r"(?:export )?[A-Za-z_]\w*", name):
            hiding = not _is_read(name.removeprefix("export "), set())
            lines.append(f"{name}={_hidden_value(value) if hiding else text(value)}")
        else:
            lines.append(HIDDEN if hiding else text(line))
    return "\n".join(lines)


def _hidden_value(value: str) -> str:
    """Its quotes, and the backslash that continues it, stay."""
    opening = value[0] if value[:1] in {'"', "'"} else ""
    closing = value[-1] if value[-1:] in {'"', "'", "\\"} else ""
    return f"{opening}{HIDDEN}{closing}"


def json_text(content: str) -> str:
    """A configuration in JSON, valid or not: characters inside strings are replaced, its syntax stays."""
    out, position, depth, hide = [], 0, 0, None
    while found := _STRING.search(content, position):
        between, depth, hide = _outside(content[position : found.start()], depth, hide)
        out.append(between)
        inside, closing = found[1], found[2]
        position = found.end()
        if re.match(r"\s*:", content[position:]):
            if hide is None and ("\\" in inside or is_secret_name(inside)):
                hide = depth
        elif hide is not None or not closing:
            inside = HIDDEN if inside or closing else ""
        else:
            inside = _string(inside)
        out.append(f'"{inside}{closing}')
    out.append(_outside(content[position:], depth, hide)[0])
    return "".join(out)


def _outside(between: str, depth: int, hide: int | None) -> tuple[str, int, int | None]:
    """Text between two strings: follows its brackets; digits of a hidden value become 0."""
    out = []
    for char in between:
        shown = char
        if char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            hide = None if hide is not None and depth < hide else hide
        elif char == "," and hide is not None and depth <= hide:
            hide = None
        elif hide is not None and char.isdecimal():
            shown = "0"
        out.append(shown)
    return "".join(out), depth, hide


def _string(inside: str) -> str:
    inside = _USER_INFO.sub(lambda found: f"{found[1] or found[2]}{HIDDEN}@", inside)
    name, equals, _ = inside.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret_name(name) else inside


def yaml_text(content: str) -> str:
    """A configuration in simple YAML or ``key = value`` lines, such as Harbor's."""
    lines = []
    for line in content.split("\n"):
        found = re.match(r"(\s*)([^\s#:=][^:=]*?)(\s*[:=]\s*)(\S.*)?$", line)
        if found and found[4] and is_secret_name(found[2]) and found[2] != "auth_mode":
            lines.append(f"{found[1]}{found[2]}{found[3]}{HIDDEN}")
        else:
            lines.append(text(line))
    return "\n".join(lines)


def has_secret_blocks(content: str) -> bool:
    """Whether a PEM file has a block that is not of a kind known to be public."""
    if "PRIVATE" in content:
        return True
    kinds = [line.rpartition("-----BEGIN")[2] for line in content.split("\n") if "-----BEGIN" in line]
    return any(not any(word in kind for word in _PUBLIC) for kind in kinds)


def public_part(content: str) -> str:
    """A PEM file with nothing left but its marker lines, certificates and requests."""
    lines, inside = [], False
    for line in filter(None, content.split("\n")):
        bare = line.rstrip("\r \t")
        marker = _MARKER.fullmatch(bare)
        if marker:
            kind = marker[2].strip()
            inside = marker[1] == "BEGIN" and kind in {"CERTIFICATE", "CERTIFICATE REQUEST", "TRUSTED CERTIFICATE"}
            lines.append(line)
        else:
            lines.append(line if inside and _BASE64.fullmatch(bare) else HIDDEN)
    return "".join(f"{line}\n" for line in lines)
