"""OSCAL by models that are made from NIST's schema; they need a later Python than dockworthy does."""

from __future__ import annotations

import json
import sys

import pytest
from pydantic import ValidationError

from tests.report.formats.samples import ALL, written

if sys.version_info >= (3, 11):
    from oscal_bindings import AssessmentResultsDocument

    @pytest.mark.parametrize("name", ALL)
    def test_the_models_take_every_document(name: str) -> None:
        AssessmentResultsDocument.model_validate(json.loads(written("oscal", ALL[name]())))

    @pytest.mark.parametrize("wrong", [{"start": "yesterday"}, {"unknown": "x"}, {"uuid": "1"}, {"observations": []}])
    def test_the_models_refuse_what_is_none(wrong: dict[str, object]) -> None:
        document = json.loads(written("oscal", ALL["every"]()))
        document["assessment-results"]["results"][0].update(wrong)
        with pytest.raises(ValidationError):
            AssessmentResultsDocument.model_validate(document)
