"""What makes the tests quick takes nothing from them."""

import pytest
import sqlalchemy as sa

from core.auth import passwords
from core.companies.models import Company
from tests.support import quick


def test_cheap_hashes_are_hashes_still_and_only_for_tests(hashing_as_delivered):
    dear = passwords.hash_password("five green kettles")
    quick.hash_cheaply()
    cheap = passwords.hash_password("five green kettles")
    assert (dear[:30], cheap[:25]) == ("$argon2id$v=19$m=19456,t=2,p=1", "$argon2id$v=19$m=8,t=1,p=")
    for kept in (dear, cheap):
        assert passwords.verify_password("five green kettles", kept)
        assert not passwords.verify_password("six green kettles", kept)


def test_files_are_in_memory_only_where_there_is_room(monkeypatch):
    monkeypatch.setattr(quick, "_IN_MEMORY", "/nowhere")
    assert quick.folder_in_memory() is None
    monkeypatch.setattr(quick, "_IN_MEMORY", "/")
    monkeypatch.setattr(quick, "_ROOM", 10**18)
    assert quick.folder_in_memory() is None
    monkeypatch.setattr(quick, "_ROOM", 1)
    assert quick.folder_in_memory() == "/"


def test_the_application_serves_one_database_after_another_and_forgets_what_a_test_set(databases, application):
    urls = [databases.create("sqlite"), databases.create("sqlite")]
    made = []
    for url in urls:
        with application.on(url) as app, app.app_context():
            from core.web.database import db

            made.append(app)
            assert app.config["SIGN_IN_PER_ADDRESS"] == 30
            app.config["SIGN_IN_PER_ADDRESS"] = 1
            assert db.engine.url.database == sa.make_url(url).database
        databases.drop(url)
    assert made[0] is made[1]


def test_the_application_is_lent_once_at_a_time(app, application):
    with pytest.raises(RuntimeError, match="make one of its own"), application.on("sqlite://"):
        pass


def test_what_is_furnished_once_is_copied_for_each_test(databases, database_kind):
    calls = []

    def furnish(installation):
        calls.append(installation.company("acme").id)

    for _time in range(2):
        with databases.furnished(database_kind, furnish) as installation:
            assert installation.office("acme").id == calls[0]
            installation.company("zenith")
            with installation.session() as session:
                assert session.scalar(sa.select(sa.func.count(Company.id))) == 2
    assert len(calls) == 1
