"""Flask-SQLAlchemy bound to our metadata: each request gets a session of ours from it."""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession

from core.db import Base, CompanySession, prepare_engine


class RequestSession(FlaskSession, CompanySession):
    """Flask-SQLAlchemy's session (made per request, closed at its end) with our company scope."""


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": RequestSession})


def init_app(app: Flask) -> None:
    """Bind the database and prepare its engine (SQLite's pragmas and BEGIN IMMEDIATE)."""
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine, synchronous=app.config["SQLITE_SYNCHRONOUS"])
