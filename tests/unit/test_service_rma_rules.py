"""Rules of returns: serial numbers, what was scanned, who is chased when."""

from __future__ import annotations

import datetime as dt

import pytest

from plugins.service.rules.rma import Chase, due_steps, same_serial, scanned, steps_of

DUE = dt.datetime(2026, 3, 10, 10, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("MB-20931", "mb 20931", True), ("MB-20931", "MB-20913", False), ("A/1.2_3", "A123", True), ("1", "l", False)],
)
def test_serial_numbers_are_the_same_whatever_case_blanks_and_dashes(one, other, same):
    assert same_serial(one, other) is same


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://sanbao.example/c/acme/service/rma/12", "#12"),
        ("https://sanbao.example/c/acme/service/rma/12#receive", "#12"),
        (" fh2603-0001 ", "FH2603-0001"), ("https://else.example/rma/x", "HTTPS://ELSE.EXAMPLE/RMA/X"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_scanned_label_means_its_return_and_typed_numbers_are_taken_as_they_are(text, code):
    assert scanned(text) == code


def test_each_step_of_chasing_is_due_once_in_a_state_and_the_next_look_is_the_earliest_left():
    steps = steps_of([
        {"after": 3, "tell": "unit", "role": "manager"}, {"after": 0, "tell": "owner"},
        {"after": 3, "tell": "unit", "role": "manager"},
    ])  # fmt: skip
    assert steps == [Chase(0, "owner"), Chase(3, "unit", "manager")]
    assert due_steps(steps, "expected", DUE, DUE, []) == ([steps[0]], DUE + 3 * DAY)
    done = [{"step": "expected:0:owner:"}]
    assert due_steps(steps, "expected", DUE, DUE + DAY, done) == ([], DUE + 3 * DAY)
    assert due_steps(steps, "expected", DUE, DUE + 4 * DAY, done) == ([steps[1]], None)
    assert due_steps(steps, "sent", DUE, DUE, done)[0] == [steps[0]]
