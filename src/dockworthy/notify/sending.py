"""One message to one destination, once: over HTTPS, by mail, or to a command.

The standard library is enough: `urllib.request` has the proxies of the environment, verified TLS and CONNECT, `smtplib`
STARTTLS. Redirects are not followed, because what is sent is meant for the one who was named; nothing that a server
answers is told but its status.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import signal
import socket
import ssl
import subprocess
import time
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from dockworthy import __version__
from dockworthy.dataclass import dataclass
from dockworthy.notify import forms

if TYPE_CHECKING:
    import smtplib
    from collections.abc import Callable

    from dockworthy.notify.destinations import Destination
    from dockworthy.notify.message import Message

__all__ = ["Failure", "send", "signed"]

_TIMEOUT: Final = 10.0
_MOST_ASKED: Final = 3_600.0
_MULTIPLE, _OK = 300, 200


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken."""

    words: str  # half a sentence: "it refused the connection"
    asked: float = 0.0  # seconds after which the server wants to be asked again; 0 where it said nothing


def send(to: Destination, message: Message, key: str, seconds: float = _TIMEOUT) -> Failure | None:
    """Send it, in so much time; None where it was taken."""
    ways: dict[str, Callable[[], Failure | None]] = {
        "webhook": lambda: _post(to, forms.as_json(message, key), key, seconds),
        "slack": lambda: _post(to, forms.as_slack(message), key, seconds),
        "teams": lambda: _post(to, forms.as_teams(message), key, seconds),
        "mail": lambda: _mail(to, message, key, seconds),
        "exec": lambda: _run(to, forms.as_json(message, key), key, seconds),
    }
    return ways[to.kind]()


# --- HTTPS -----------------------------------------------------------------------------------------------------


def signed(secret: str, key: str, stamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a webhook knows who wrote, when, and that nothing was changed.

    As Standard Webhooks has them (https://www.standardwebhooks.com): HMAC-SHA256 of ``ID.TIMESTAMP.BODY``, in Base64. A
    secret that begins with ``whsec_`` is Base64, too; any other is taken as it is. Beside it the HMAC of the body alone
    in hexadecimal, as GitHub and what was written for it has it.
    """
    told = {"webhook-id": key, "webhook-timestamp": str(stamp), "idempotency-key": key}
    if not secret:
        return told
    raw = secret.encode()
    if secret.startswith("whsec_"):
        with contextlib.suppress(ValueError):
            raw = b64decode(secret.removeprefix("whsec_"), validate=True)
    content = b".".join([key.encode(), str(stamp).encode(), body])
    made = b64encode(hmac.digest(raw, content, hashlib.sha256)).decode()
    return {
        **told,
        "webhook-signature": f"v1,{made}",
        "x-hub-signature-256": f"sha256={hmac.digest(raw, body, hashlib.sha256).hex()}",
    }


def _post(to: Destination, body: bytes, key: str, seconds: float) -> Failure | None:
    from urllib.error import HTTPError  # noqa: PLC0415 - only where something is sent
    from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener  # noqa: PLC0415 - the same

    class Stay(HTTPRedirectHandler):
        """Follows nothing."""

        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    headers = {"Content-Type": "application/json", "User-Agent": f"dockworthy/{__version__}"}
    headers |= signed(to.secret, key, int(time.time()), body)
    request = Request(to.url, body, headers, method="POST")  # noqa: S310 - http and https alone are taken
    opener = build_opener(HTTPSHandler(context=ssl.create_default_context()), Stay())
    try:
        with opener.open(request, timeout=seconds) as answer:
            status, asked = int(answer.status), ""
    except HTTPError as error:
        with error:
            status, asked = error.code, error.headers.get("Retry-After", "")
    except Exception as error:  # noqa: BLE001 - whatever a server or a proxy can cause is a failure of a kind
        return Failure(_words(error, seconds))
    if _OK <= status < _MULTIPLE:
        return None
    elsewhere = " and leads elsewhere, where nothing is sent" if status in {301, 302, 303, 307, 308} else ""
    return Failure(f"it answered {status}{elsewhere}", _seconds(asked))


def _seconds(text: str) -> float:
    return min(float(text), _MOST_ASKED) if text.isascii() and text.isdecimal() else 0.0


def _words(error: BaseException, seconds: float) -> str:
    """What went wrong, without anything that was sent or answered."""
    cause = getattr(error, "reason", None)
    if isinstance(cause, BaseException) and not isinstance(error, ssl.SSLError):
        error = cause
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return f"it did not answer within {seconds:.1f} s"
    if isinstance(error, socket.gaierror):
        return "its name leads nowhere"
    if isinstance(error, ConnectionRefusedError):
        return "it refused the connection"
    if isinstance(error, ssl.SSLError):
        return "no TLS could be agreed"
    if isinstance(error, OSError) and error.strerror:
        return f"it could not be reached ({error.strerror})"
    return f"what it said is not its protocol ({type(error).__name__})"


# --- mail ------------------------------------------------------------------------------------------------------


def _mail(to: Destination, message: Message, key: str, seconds: float) -> Failure | None:
    import smtplib  # noqa: PLC0415 - only where a mail is sent

    try:
        with _connected(to, seconds) as server:
            server.ehlo_or_helo_if_needed()
            if not to.has_tls and (server.has_extn("starttls") or not to.is_local):
                server.starttls(context=ssl.create_default_context())
            if to.user:
                server.login(to.user, to.secret)
            server.send_message(forms.as_mail(message, key, to.sender, to.recipients), to.sender, to.recipients)
    except smtplib.SMTPNotSupportedError:
        return Failure("it offers no STARTTLS or no login, without which nothing is sent")
    except smtplib.SMTPAuthenticationError as error:
        return Failure(f"it refused the login ({error.smtp_code})")
    except smtplib.SMTPRecipientsRefused:
        return Failure("it refused every recipient")
    except smtplib.SMTPResponseException as error:
        return Failure(f"it answered {error.smtp_code}")
    except Exception as error:  # noqa: BLE001 - whatever a server can cause is a failure of a kind
        return Failure(_words(error, seconds))
    return None


def _connected(to: Destination, seconds: float) -> smtplib.SMTP:
    import smtplib  # noqa: PLC0415 - see above

    name = socket.gethostname() or "localhost"  # not the one that smtplib would ask the resolver for
    if to.has_tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(to.host, to.port, name, timeout=seconds, context=context)
    return smtplib.SMTP(to.host, to.port, name, timeout=seconds)


# --- a command -------------------------------------------------------------------------------------------------


def _run(to: Destination, body: bytes, key: str, seconds: float) -> Failure | None:
    """Give it the JSON on standard input; 0 means that it was taken. There is no shell, and what it prints is lost."""
    try:
        with subprocess.Popen(
            to.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "DOCKWORTHY_MESSAGE_ID": key},
            start_new_session=True,
        ) as process:
            try:
                process.communicate(body, timeout=seconds)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return Failure(f"it did not end within {seconds:.1f} s")
    except OSError as error:
        return Failure(f"it cannot be run ({error.strerror})")
    return None if process.returncode == 0 else Failure(f"it ended with {process.returncode}")
