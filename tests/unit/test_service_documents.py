"""When documents of the service are offered, and what they are printed on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from plugins.service import rma_documents, workshop_documents

KINDS = {k.code.removeprefix("service."): k for k in (*rma_documents.KINDS, *workshop_documents.KINDS)}


@pytest.mark.parametrize(
    ("state", "result", "offered"),
    [
        ("expected", "", ["rma_label"]),
        ("sent", "", ["rma_label"]),
        ("received", "", []),
        ("examined", "confirmed", ["analysis_report"]),
    ],
)
def test_a_label_is_offered_while_the_part_travels_and_a_report_once_it_is_examined(state, result, offered):
    item = SimpleNamespace(state=state, result=result)
    assert [k.code.removeprefix("service.") for k in rma_documents.KINDS if k.ready(item)] == offered


def test_a_receipt_is_offered_while_the_item_is_here():
    assert [KINDS["receipt"].ready(SimpleNamespace(state=state)) for state in ("here", "returned")] == [True, False]


def test_what_hangs_on_a_thing_is_a_label_that_nobody_signs():
    assert {code: (k.paper, k.signed) for code, k in KINDS.items()} == {
        "rma_label": ("label", False), "analysis_report": ("a4", True), "receipt": ("a4", True),
        "tag": ("label", False), "card": ("a4", False),
    }  # fmt: skip
