"""The shell completes docker's commands."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with
from dockworthy.facts.host.completion import Completion
from dockworthy.facts.host.os import OperatingSystem

_INSTALL = {
    "debian": "apt-get install -y bash-completion",
    "rhel": "dnf install -y bash-completion || yum install -y bash-completion",
    "suse": "zypper --non-interactive install bash-completion",
    "alpine": "apk add bash-completion",
}
_WRITE = "mkdir -p /etc/bash_completion.d\ndocker completion bash >/etc/bash_completion.d/docker"


@check("completion.bash", severity="info", refs=("docker:completion",), fix="# install the package bash-completion")
def check_bash(completion: Completion, os: OperatingSystem) -> None:
    """bash-completion is installed."""
    if os.family in _INSTALL:
        fix_with(_INSTALL[os.family])
    expect(completion.bash).satisfies(bool, "bash-completion's script")


@check(
    "completion.docker",
    severity="info",
    refs=("docker:completion",),
    fix=_WRITE,
    params=("completion_files",),
)
def check_docker(completion: Completion, params: Any) -> None:
    """Docker's completion for bash is installed."""
    expect(completion.docker(params.completion_files)).satisfies(bool, list(params.completion_files))
