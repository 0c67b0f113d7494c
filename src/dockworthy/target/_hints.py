"""What clients say where no snapshot comes, in sentences of our own."""

from __future__ import annotations

__all__ = ["explain"]

_CONNECTION_FAILED = 255
# What the clients say, and how it is told. Their own words may quote a configuration file, a banner or a password, so
# that none but these are passed on.
_HINTS = (
    ("Host key verification failed", "its host key is not known here: connect once by hand, or add it to known_hosts."),
    ("Permission denied", "ssh was refused: no key that it accepts, and passwords are not asked for."),
    ("a password is required", "sudo wants a password there: use --ask-sudo-password, or allow it without one."),
    ("a terminal is required", "sudo wants a password there: use --ask-sudo-password, or allow it without one."),
    ("incorrect password", "sudo refused the password."),
    ("is not in the sudoers file", "its user may not use sudo."),
    ("Bad owner or permissions", "the permissions of ssh's configuration file are too wide."),
    ("Bad configuration option", "ssh's configuration file has an option that this ssh does not know."),
    ("Can't open user config file", "ssh's configuration file cannot be read."),
    ("Too many authentication failures", "ssh offered too many keys: name one with --ssh-identity-file."),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "its host key is another than the known one."),
    ("No such container", "there is no such container."),
    ("no such container", "there is no such container."),
    ("is not running", "the container is not running."),
    ("Cannot connect to the Docker daemon", "the engine here does not answer."),
    ("(NotFound)", "there is no such pod."),
    ("(Forbidden)", "the cluster does not allow it."),
    ("executable file not found", "it has no sh."),
)
_PLAIN = (
    "Connection refused",
    "Connection timed out",
    "Connection reset by peer",
    "Connection closed by",
    "Could not resolve hostname",
    "Name or service not known",
    "Temporary failure in name resolution",
    "No route to host",
    "Network is unreachable",
    "Operation timed out",
    "Operation not permitted",
    "command not found",
    "No such file or directory",
    "Not a directory",
    "Authentication failed",
)


def explain(text: str, status: int) -> str | None:
    """A sentence for what ssh, sudo or another client said, or None where its words are not known."""
    for said, sentence in _HINTS:
        if said in text:
            return sentence
    for said in _PLAIN:
        if said in text:
            return f"{said}."
    if status == _CONNECTION_FAILED and not text.strip():
        return "the ssh connection failed."
    return None
