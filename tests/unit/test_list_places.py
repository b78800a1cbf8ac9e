"""What stands where in a list's rows on a phone."""

from __future__ import annotations

from core.lists.model import ListColumn, ListDef
from core.models import User


def test_two_columns_in_one_place_would_cover_each_other_and_are_refused():
    columns = (
        ListColumn("name", "Name", kind="main", place="main"),
        ListColumn("email", "Mail", place="left"),
        ListColumn("locale", "Language", place="left"),
        ListColumn("id", "Number", place="under"),
    )
    assert ListDef("probe.people", "People", User, "probe.see", columns, "/people/").problems() == [
        "two columns stand at 'left' on a phone"
    ]
