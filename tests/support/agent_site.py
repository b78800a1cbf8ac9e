"""A company with two agents and their people, whose headquarters want signed slips and faulty parts back."""

from __future__ import annotations

import datetime as dt

from core.companies.services import save_unit
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import Installation, Office, moment
from plugins.service import services
from plugins.service.contracts import ResultData
from tests.support import dispatch_site
from tests.support.dispatch_site import NOW, YESTERDAY, acting, ids

HOUR = dt.timedelta(hours=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"slip"
__all__ = ["HOUR", "NOW", "PNG", "acting", "done", "furnish", "ids", "moment", "want", "working"]


def furnish(installation: Installation, *steps: dict) -> None:
    """Agents for Suqian (Qian Duo, Chen Mei) and for Huaian (Gao Feng); Sun Wei heads headquarters."""
    dispatch_site.furnish(installation)
    office = installation.office("acme")
    other = save_unit(office.system(YESTERDAY), "other", "Huaian agents", "agent", "hq", region="Huaian")
    office.person("gao@acme.example", "technician", "manager", name="Gao Feng", unit_id=other.id, scope="units")
    want(office, "service.steps", *steps)


def want(office: Office, name: str, *rows: dict) -> None:
    """Put these rows in the place of those of a table of the company."""
    ctx = office.system(YESTERDAY)
    body = latest_published(ctx, table_named(ctx, name)).body
    given = [{"id": f"test_{n}", **row} for n, row in enumerate(rows)]
    save_draft(ctx, name, {**body, "rows": given}, reason="test", effective_from=ctx.today)
    publish(ctx, name)


def working(office: Office, place: str = "Suqian", who: str = "chen", now=NOW, **values) -> int:
    """An order of an agent on which its technician works."""
    order_id = dispatch_site.opened(office, place, now, person_name="Ma", **values)
    services.dispatch(office.system(now), order_id, ids(office)[who])
    services.start(acting(office, who, now), order_id)
    return order_id


def done(office: Office, place: str = "Suqian", who: str = "chen", now=NOW, **values) -> int:
    """An order of an agent whose work is done."""
    order_id = working(office, place, who, now, **values)
    services.finish(acting(office, who, now), order_id, ResultData("solved", "Pump replaced", "defect"))
    return order_id
