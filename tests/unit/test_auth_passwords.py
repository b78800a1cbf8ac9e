"""Passwords without Flask, and that both sides read each other's hashes."""

from __future__ import annotations

import re

import pytest

from core.auth import passwords
from core.auth.config import SECURITY, from_environment, mail_ready
from core.errors import ConfigurationError
from core.i18n import use_locale


def test_a_hash_says_argon2id_with_19_mib_two_passes_one_lane(hashing_as_delivered):
    assert passwords.hash_password("five green kettles").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_web_side_reads_our_hashes_and_writes_the_same_kind(hashing_as_delivered):
    from passlib.context import CryptContext

    web = CryptContext(
        schemes=SECURITY["SECURITY_PASSWORD_SCHEMES"], **SECURITY["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"]
    )
    ours = passwords.hash_password("five green kettles")
    assert web.verify("five green kettles", ours)
    assert not web.needs_update(ours)
    assert passwords.verify_password("five green kettles", web.hash("five green kettles"))


def test_another_password_no_hash_and_a_broken_hash_are_refused():
    kept = passwords.hash_password("five green kettles")
    assert passwords.verify_password("five green kettles", kept)
    assert not passwords.verify_password("five green kettle", kept)
    assert not passwords.verify_password("five green kettles", None)
    assert not passwords.verify_password("five green kettles", "no hash")


def test_what_looks_the_same_is_the_same_password():
    assert passwords.verify_password(
        "café crème brûlée", passwords.hash_password("cafe\u0301 cre\u0300me bru\u0302le\u0301e")
    )


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short one", "A password needs 10 characters at least; this has 9."),
        ("x" * 129, "A password may have 128 characters at most."),
        ("ababababab", "This password repeats the same few characters. Use at least five different ones."),
        ("0123456789", "This password is a plain sequence of keys. Choose several words instead."),
        (
            "li.min-2026",
            "The password contains your name or e-mail address. Choose one that nobody can derive from you.",
        ),
        (
            "I am LI MING",
            "The password contains your name or e-mail address. Choose one that nobody can derive from you.",
        ),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password, said):
    with use_locale("en"):
        assert passwords.problems(password, email="li.min@example.com", name="Li Ming") == [said]


def test_a_password_of_several_words_will_do():
    assert passwords.problems("five green kettles", email="li@example.com", name="Li") == []


def test_one_time_passwords_are_four_groups_without_look_alikes_and_never_the_same():
    made = {passwords.one_time_password() for _time in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([2-9a-hj-km-np-z]{4}-){3}[2-9a-hj-km-np-z]{4}", p) for p in made)
    assert all(not set(p) & set("01ilo") for p in made)
    assert all(passwords.problems(p) == [] for p in made)


def test_limits_come_from_the_environment_and_a_wrong_number_stops_the_start():
    assert from_environment({})["SIGN_IN_FAILURES"] == 8
    assert from_environment({"SIGN_IN_FAILURES": "3", "MAIL_USE_TLS": "yes"})["SIGN_IN_FAILURES"] == 3
    assert from_environment({"MAIL_USE_TLS": "yes"})["MAIL_USE_TLS"] is True
    with pytest.raises(ConfigurationError) as error:
        from_environment({"SIGN_IN_LOCK_MINUTES": "soon"})
    assert str(error.value) == "SIGN_IN_LOCK_MINUTES='soon' must be a whole number from 1 on"


def test_in_production_mail_needs_the_public_address_too(monkeypatch):
    assert not mail_ready({"MAIL_SERVER": ""})
    assert mail_ready({"MAIL_SERVER": "mail"})
    monkeypatch.setenv("SANBAO_ENV", "production")
    assert not mail_ready({"MAIL_SERVER": "mail", "PUBLIC_URL": ""})
    assert mail_ready({"MAIL_SERVER": "mail", "PUBLIC_URL": "https://sanbao.example"})
