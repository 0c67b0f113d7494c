from __future__ import annotations

import pytest

from dockworthy.profile.params import Params, ParamsView, UndeclaredParamError, describe


def test_a_check_reads_the_keys_that_it_declares() -> None:
    view = ParamsView(Params(max_stopped_containers=3), ("max_stopped_containers",), "container.few-stopped")
    assert view.max_stopped_containers == 3


def test_a_check_that_reads_another_key_is_told_how_to_declare_it() -> None:
    view = ParamsView(Params(), (), "container.few-stopped")
    with pytest.raises(UndeclaredParamError, match=r"write @check\(params=\('max_stopped_containers',\)\)"):
        _ = view.max_stopped_containers


def test_a_key_that_no_profile_can_hold_is_sent_to_custom() -> None:
    view = ParamsView(Params(), ("ours",), "site.ours")
    with pytest.raises(UndeclaredParamError, match="put it under `custom`"):
        _ = view.ours


def test_custom_values_of_own_checks_are_free_form() -> None:
    params = Params.model_validate_json('{"custom": {"racks": [{"name": "a", "hosts": 3}]}}')
    view = ParamsView(params, ("custom",), "site.racks")
    assert view.custom["racks"][0]["hosts"] == 3


def test_every_key_is_documented_with_type_and_default() -> None:
    docs = {doc.key: doc for doc in describe()}
    assert set(docs) == set(Params.model_fields)
    assert all(doc.description.endswith((".", ")")) for doc in docs.values())
    assert all(doc.type and "anything" not in doc.type for doc in docs.values() if doc.key != "custom")
    assert docs["max_stopped_containers"].default == 5
    assert docs["registries"].type == "list of HOST or HOST:PORT, as in image references"
