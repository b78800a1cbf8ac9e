"""People who sign in to the application in tests: accounts, memberships, and a browser without a window."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from core.auth.services import create_user
from core.companies.services import save_membership
from core.db import open_session, transaction
from core.testing import Installation, Office

PASSWORD = "five green kettles"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
VERSION = re.compile(r'name="record_version"[^>]*value="(\d+)"')


def words_of(page: str) -> str:
    """What a reader sees of a page: without markup, scripts and blanks."""
    body = re.sub(r"(?s)<(script|style|svg|option|dialog)\b.*?</\1>|<[^>]+>", " ", page)
    return re.sub(r"\s+", " ", html.unescape(body)).strip()


class Browser:
    """One person's cookies. ``post`` fetches the page first and sends its token, as a browser would."""

    def __init__(self, app, language: str = "en", address: str = "127.0.0.1"):
        self.client = app.test_client()
        self.headers = {"Accept-Language": language, "Accept": "text/html"}
        self.address = {"REMOTE_ADDR": address}

    def get(self, path: str, **more):
        """The answer to a GET."""
        return self.client.get(
            path, headers={**self.headers, **more.pop("headers", {})}, environ_base=self.address, **more
        )

    def post(self, path: str, data: dict | None = None, page: str | None = None, **more):
        """The answer to a form that was sent from ``page`` (by default the same address)."""
        text = self.get(page or path, follow_redirects=True).text
        found, opened = TOKEN.search(text), VERSION.search(text)
        filled = {"csrf_token": found[1] if found else "", **(data or {})}
        if opened:
            filled.setdefault("record_version", opened[1])
        return self.client.post(path, data=filled, headers=self.headers, environ_base=self.address, **more)

    def sign_in(self, email: str, password: str = PASSWORD, page: str = "/login"):
        """The answer to the sign-in form."""
        return self.post(page, {"email": email, "password": password})

    def json_sign_in(self, email: str, password: str = PASSWORD):
        """The answer to a sign-in by a program."""
        told = {"Accept": "application/json", "Accept-Language": self.headers["Accept-Language"]}
        token = self.client.get("/login", headers=told, environ_base=self.address).get_json()["response"]["csrf_token"]
        return self.client.post(
            "/login",
            json={"email": email, "password": password},
            headers={**told, "X-CSRFToken": token},
            environ_base=self.address,
        )

    def is_signed_in(self) -> bool:
        """Whether the account page opens."""
        return self.get("/account").status_code == 200


@dataclass
class Site:
    """The application and a way to fill its database."""

    app: object
    installation: Installation
    offices: dict[str, Office] = field(default_factory=dict)

    def office(self, code: str = "acme", **values) -> Office:
        """A company, made when first asked for."""
        if code not in self.offices:
            self.offices[code] = self.installation.company(code, **values)
        return self.offices[code]

    def account(self, email: str, name: str = "Li Ming", password: str | None = PASSWORD, **values) -> int:
        """A new account; answers its id."""
        with open_session(self.installation.engine) as session, transaction(session):
            return create_user(session, email, name, password, **{"locale": "en", **values}).id

    def person(self, email: str, *roles: str, company: str = "acme", name: str = "Li Ming", **values) -> int:
        """An account that works in a company in these roles; answers its id."""
        user_id = self.account(email, name, **values)
        self.join(user_id, *roles, company=company)
        return user_id

    def join(self, user_id: int, *roles: str, company: str = "acme", unit: str | None = None, scope: str = "company"):
        """Give an account a membership."""
        save_membership(self.office(company).system(), user_id, roles, unit, scope)

    def browser(self, **values) -> Browser:
        """Somebody who is not signed in yet."""
        return Browser(self.app, **values)

    def signed_in(self, email: str, **values) -> Browser:
        """Somebody who is signed in."""
        browser = self.browser(**values)
        assert browser.sign_in(email).status_code == 302
        return browser
