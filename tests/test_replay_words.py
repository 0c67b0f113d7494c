"""What counts as the same words of a real program and ours."""

from __future__ import annotations

from tests.replay_certsd import same_words

OURS = 'Get "https://zero.test/v2/": remote error: tls: certificate required'


def test_what_differs_by_chance_is_no_difference() -> None:
    racing = 'Error response from daemon: Get "https://zero.test/v2/": readLoopPeekFailLocked: remote error: tls: '
    assert same_words(f"{racing}certificate required", OURS)
    assert not same_words(f"{racing}bad certificate", OURS)
