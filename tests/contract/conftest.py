"""The suite's fixtures on this project's databases: a house is filled once per kind of database and copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.testing_suite import erasing
from core.testing_suite.fixtures import empty_url  # noqa: F401 - a fixture
from core.testing_suite.house import House, build
from tests.support.databases import leave_empty
from tests.support.remembering import Remembered

HANG_ON_NO_DATABASE = {
    "test_a_form_that_was_opened_before_somebody_else_saved_changes_nothing",
    "test_erasing_a_person_empties_every_text_that_may_hold_their_words",
    "test_every_step_waits_for_a_checklist_that_a_company_asks_for",
    "test_every_step_waits_for_the_approval_that_a_company_asks_for",
    "test_files_hang_on_every_record_by_its_own_right",
    "test_no_statement_of_a_page_is_repeated_more_often_because_there_is_more",
    "test_off_its_pages_are_gone_here_and_stay_elsewhere",
    "test_off_menu_settings_and_rule_tables_are_gone",
    "test_pages_of_the_installation_are_for_its_administrators_only",
    "test_pages_refuse_to_delete_what_is_pointed_to_and_name_what_points",
    "test_saved_filters_of_others_are_out_of_reach",
    "test_the_mark_would_be_seen",
    "test_who_does_not_work_here_is_told_that_there_is_no_such_page",
    "test_who_is_not_signed_in_is_sent_to_sign_in",
    "test_who_may_only_read_changes_nothing",
    "test_without_its_right_a_route_refuses_and_nothing_changes",
}
"""Inherited tests of gates before pages and steps, of words, of what statements are sent: SQLite will do, unless
``--db`` asks for more.
"""
BEHIND_THE_SECOND_WALL = {
    "test_a_form_can_not_point_to_a_record_of_another_company",
    "test_actions_on_selected_rows_refuse_rows_of_another_company",
    "test_an_id_of_another_company_is_not_found_on_any_route",
    "test_pages_and_exports_show_nothing_of_another_company",
}
"""Leak tests that PostgreSQL stands with its own wall alone (test_second_wall.py), SQLite with ours."""


@pytest.fixture(scope="session", autouse=True)
def _erased_once(databases):
    """What erasing everybody leaves is found out by one process of a run, for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "_known", Remembered(databases.folder / "erased"))
        yield


@pytest.fixture(scope="class")
def house(suite_databases, registry, application) -> Iterator[House]:
    """The suite's own, on the application that this process has: templates stay compiled from class to class."""
    with application.on(suite_databases("house", lambda url: build(url, registry))) as app:
        made = House(app.config["SQLALCHEMY_DATABASE_URI"], registry, app)
        with made.counting_once():
            yield made
        made.close()


@pytest.fixture(scope="session")
def suite_databases(databases, database_kind) -> Iterator:
    """``new(name, prepare)`` → the address of a new database."""
    made: list[str] = []

    def new(name, prepare):
        bare = prepare is None
        made.append(databases.create(database_kind, f"suite_{name}", prepare or leave_empty, rows_alone=not bare))
        return made[-1]

    yield new
    for url in made:
        databases.drop(url)
