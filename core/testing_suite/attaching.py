"""Attachments hang on every kind of record that has a page, by the right of that record and by none other."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import hooks
from core.attachments import RIGHT, attach, attachments_of, detach
from core.context import Ctx
from core.db import CompanyOwned
from core.errors import Conflict, DomainError, Forbidden, NotFound
from core.events import RecordRef
from core.files import find_file
from core.registry import RecordKind, Registry
from core.testing_suite.base import SuiteBase
from core.testing_suite.house import House

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


class AttachSuite(SuiteBase):
    """Tried with the first record of each kind of the plugin that has a page and a right to see it."""

    def _kinds(self, registry: Registry) -> list[RecordKind]:
        own = [k for n, k in registry.kinds.items() if registry.owner_of("kinds", n) == self.plugin]
        return [k for k in own if k.endpoint and k.view and issubclass(k.model, CompanyOwned)]

    def _first(self, house: House, kind: RecordKind, *, frozen: bool = False) -> RecordRef | None:
        ctx = house.office().system()
        model: Any = kind.model
        for row in ctx.session.scalars(sa.select(model).order_by(model.id).limit(200)):
            if bool(kind.frozen is not None and kind.frozen(ctx, row)) == frozen:
                return RecordRef(kind.kind, row.id)
        return None

    def test_nothing_comes_to_a_frozen_record_nor_goes(self, house: House, registry: Registry):
        for kind in self._kinds(registry):
            ref = self._first(house, kind, frozen=True)
            if ref is not None:
                ctx = house.office().system()
                before = [a.id for a in attachments_of(ctx, ref)]
                with pytest.raises(Conflict) as refused:
                    attach(ctx, ref, "photo.png", PICTURE)
                assert refused.value.code == "frozen"
                assert [a.id for a in attachments_of(ctx, ref)] == before

    def test_files_hang_on_every_record_by_its_own_right(self, house: House, registry: Registry):
        for kind in self._kinds(registry):
            ref = self._first(house, kind)
            if ref is None:
                continue
            everything = sorted(registry.permissions)
            ctx = house.office().ctx(*everything)
            record: object = ctx.session.get_one(kind.model, ref.id)
            row = attach(ctx, ref, "photo.png", PICTURE)
            assert row.id in [a.id for a in attachments_of(ctx, ref)]
            assert self._panel(ctx, record), f"{kind.kind}: no panel"
            others = [p for p in everything if p != kind.view]
            for forbidden in (
                lambda c, ref=ref: attachments_of(c, ref),
                lambda c, row=row: find_file(c, row.file_id),
                lambda c, ref=ref: attach(c, ref, "photo.png", PICTURE),
                lambda c, row=row: detach(c, row.id, "no longer needed"),
            ):
                with pytest.raises(NotFound):
                    forbidden(house.office().ctx(*others))
                with pytest.raises(NotFound):
                    forbidden(house.office("south").ctx(*everything))
            reader = house.office().ctx(*(p for p in everything if p != RIGHT))
            assert find_file(reader, row.file_id).name == "photo.png"
            with pytest.raises(Forbidden):
                attach(reader, ref, "photo.png", PICTURE)
            with pytest.raises(DomainError):
                attach(house.office().ctx(*everything), ref, "photo.png", b"<html>")
            again = house.office().ctx(*everything)
            detach(again, row.id, "no longer needed")
            assert row.id not in [a.id for a in attachments_of(again, ref)]

    def _panel(self, ctx: Ctx, record) -> bool:
        """Whether the record's page gets the panel without a line of the plugin's."""
        panels = [p for answer in hooks.collect(ctx, "record_panels", record=record) for p in answer.value or ()]
        return any(p.template == "attachments/_panel.html" for p in panels)
