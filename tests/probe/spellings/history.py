"""How an image was made, as its history tells it; one step a case."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _step(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"history/{name}", "docker:history", text, keeps)


SPELLINGS: list[Spelling] = [
    _step("null-command", 'CMD [\\"x\\" \\"NONE\\" \\"«1»\\"]', "CMD REDACTED"),
    _step("empty-list-in-command", "ENTRYPOINT [] «1»", "ENTRYPOINT REDACTED"),
    _step("health", 'HEALTHCHECK &{[\\"CMD-SHELL\\" \\"curl -u u:«1» h\\"]}', "HEALTHCHECK REDACTED"),
    _step("maintainer", "MAINTAINER «1»"),
    _step("variable", "ENV A=«1» B=«2»", "ENV A=REDACTED B=REDACTED"),
    _step("variable-with-blanks", "ENV A=x «1» y", "ENV A=REDACTED"),
    _step("variable-base64", "ENV A=Basic «b64:user:«1»» B=2", "ENV A=REDACTED", "B=REDACTED"),
    _step("variable-base64-padded", "ENV A=Basic «b64:«1»»== «2»=", "ENV A=REDACTED"),
    _step("variable-with-sign", "ENV A=x «1»=y", "ENV A=REDACTED"),
    _step("variable-name-alone", "ARG «1»"),
    _step("build-argument-base64", "|1 T=Basic «b64:user:«1»»= /bin/sh -c make", "T=REDACTED"),
    _step("argument", "ARG T=«1»", "ARG T=REDACTED"),
    _step("label", 'LABEL a=\\"b «1»\\"'),
    _step("build-arguments", "|2 A=«1» B=«2» /bin/sh -c make", "A=REDACTED"),
    _step("package", "RUN /bin/sh -c pip install --token «1» -p «2» x # buildkit", "pip install"),
    _step("package-index", "RUN /bin/sh -c pip install -i https://u:«1»@h/simple x # buildkit", "pip install"),
    _step("package-name", "RUN /bin/sh -c npm install «1» # buildkit", "npm install"),
    _step("long-option", "RUN /bin/sh -c gem push --key=«1» x # buildkit"),
    _step("fetch", 'RUN /bin/sh -c curl -u u:«1» -H \\"X: «2»\\" https://h/?t=«3» # buildkit', "curl"),
    _step("command-name", "RUN /bin/sh -c ./«1» && «2» x # buildkit"),
    _step("assignment", "RUN /bin/sh -c PASSWORD=«1» make # buildkit"),
    _step("copy", "COPY https://u:«1»@h/x /x # buildkit", "COPY https://REDACTED /x"),
    _step("copy-query", "ADD https://h/x?token=«1» /x # buildkit"),
    _step("copy-options", "COPY --chown=u:«1»@x --from=https://«2»@h /a /b # buildkit", "COPY --chown=REDACTED"),
    _step("user", "USER u:«1»@h"),
    _step("user-and-group", "USER u:«1»", "USER REDACTED"),
    _step("copy-owner", "COPY --chown=«1»@x --chmod=«2» /a /b", " /a /b"),
    _step("copy-scheme", "COPY https,://u:«1»h/x /x", " /x"),
    _step(
        "twin-copy-names",
        "COPY --from=builder applicationconfiguration.yaml package-lock.json /app/v2024/",
        "applicationconfiguration.yaml package-lock.json /app/v2024/",
    ),
    _step("unknown", "password «1»"),
    _step("one-word", "«1»"),
    _step("one-line", "«1»=«2»"),
    _step("twin-copy", "COPY --chown=app:app /src/app.jar /app/ # buildkit", "COPY --chown=app:app /src/app.jar /app/"),
    _step("twin-add", "/bin/sh -c #(nop) ADD file:0123456789abcdef in / ", "ADD file:0123456789abcdef in /"),
    _step("twin-user", "USER app:app", "USER app:app"),
    _step("twin-health", "HEALTHCHECK NONE", "HEALTHCHECK NONE"),
    _step(
        "twin-packages",
        "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends curl ca-certificates # buildkit",
        "RUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates",
    ),
]
