from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect

if TYPE_CHECKING:
    from dockworthy.facts.kernel.facts import KernelFacts

OLDEST = (3, 10)


@check(
    "kernel.release",
    severity="critical",
    refs=("docker:engine-requirements",),
    fix="# install a current kernel of the distribution, or a release of it that is still maintained; then: reboot",
)
def check_release(kernel: KernelFacts) -> None:
    """The kernel is one that Docker Engine runs on: Linux 3.10 or later."""
    expect(kernel.release, shown=lambda release: release.text).satisfies(
        lambda release: release.at_least(*OLDEST), "3.10 or later"
    )
