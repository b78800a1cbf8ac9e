"""Statements are compiled once per run, not once per test: engines of one kind share what was compiled.

SQLAlchemy keeps compiled statements per engine and dialect object, and nearly every test opens an engine of its own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_PLAIN = {"connect_args", "pool_pre_ping"}
"""Engines made with anything else keep to themselves: it may have changed their dialect."""
_ROOM = 5_000
_first: dict[str, sa.Engine] = {}


def compile_once() -> None:
    """From now on engines made in this process share their dialect and its compiled statements."""
    make: Any = sa.create_engine

    def create_engine(url: Any, **kw: Any) -> sa.Engine:
        if not kw.keys() <= _PLAIN:
            return make(url, **kw)
        engine = make(url, query_cache_size=_ROOM, **kw)
        kind = sa.make_url(url).drivername
        known: Any = _first.get(kind)
        if known is None:
            # only an engine that has once been connected knows its server
            sa.event.listen(engine, "connect", lambda *_a: _first.setdefault(kind, engine), once=True)
        else:
            engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    sa.create_engine = create_engine
