"""Errors that tell a person what to do next, and the one place that gives them an HTTP status."""

from __future__ import annotations


class DomainError(Exception):
    """A request that can't be carried out, with words for the person who made it.

    ``code`` is stable and machine-readable, ``message`` is a translated sentence that says what to do, ``field``
    names the form field or fact concerned, ``status`` is the HTTP status for pages and API alike, ``details`` are
    further facts (open gates, bad rows) that a page may show.
    """

    status = 422

    def __init__(self, code: str, message: str, field: str | None = None, status: int | None = None, **details):
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.details = details
        if status is not None:
            self.status = status


class Invalid(DomainError):
    """What was entered can't be right (422)."""

    status = 422


class NotFound(DomainError):
    """There is no such thing for this person in this company (404)."""

    status = 404


class Forbidden(DomainError):
    """The person may not do this here (403); says which permission is needed."""

    status = 403


class Conflict(DomainError):
    """The record is not in a state that allows this, or somebody was faster (409)."""

    status = 409


class ConfigurationError(Exception):
    """The installation can't start as it is set up; the message says what to change."""


class ScopeError(RuntimeError):
    """A statement would have read or written outside the session's company. A bug, never the user's fault."""


class UnrecordedChange(RuntimeError):
    """A business row was changed and no event says so. A bug: call ``emit`` in the same transaction."""
