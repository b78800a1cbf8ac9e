"""Importers: every one is worded, asks for its right, tells bad rows, knows its keys, and stays in its company."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.db import transaction
from core.errors import Invalid
from core.events import emit_if_changed
from core.i18n import both
from core.import_account import TakingBack, account_kept
from core.imports import KIND, offered_importer
from core.registry import Registry
from core.tasks import start_task
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House, changed
from core.transfer import Importer, ImportRow, Report, read_mapping, run_import
from core.worker import utcnow

FIELD_TYPES = ("str", "text", "int", "decimal", "bool", "date", "moment", "list")


class ImportSuite(SuiteBase):
    """Each importer is tried with a row that is made up from its fields; nothing more need be said about it."""

    def _importers(self, registry: Registry) -> list[Importer]:
        return [i for n, i in registry.importers.items() if registry.owner_of("importers", n) == self.plugin]

    def _third(self, house: House, registry: Registry) -> str:
        """A company without records, made when it is first needed."""
        modules = [p.name for p in registry.plugins.values() if not p.manifest.always_on]
        try:
            house.company_id("west")
        except AssertionError:
            house.installation.company("west", modules=modules, now=utcnow())
        return "west"

    def test_importers_are_worded_in_chinese_and_point_to_what_is_declared(self, registry: Registry):
        wrong = []
        for importer in self._importers(registry):
            names = [f.name for f in importer.fields]
            words = [importer.label, *(f.label for f in importer.fields)]
            wrong += [f"{importer.name}: no Chinese for {w!r}" for w in words if both(w)["zh"] == both(w)["en"]]
            wrong += [f"{importer.name}: {f.name} is a {f.type}" for f in importer.fields if f.type not in FIELD_TYPES]
            if len(set(names)) != len(names):
                wrong.append(f"{importer.name}: a field is declared twice")
            if importer.key and importer.key not in names:
                wrong.append(f"{importer.name}: its key {importer.key!r} is no field")
            if importer.permission not in registry.permissions:
                wrong.append(f"{importer.name}: needs {importer.permission!r}, which nobody declares")
        nothing(wrong)

    def test_an_importer_is_offered_only_to_those_who_may_add_its_records(self, house: House, registry: Registry):
        everything = sorted(registry.permissions)
        for importer in self._importers(registry):
            assert offered_importer(house.office().ctx(*everything), importer.name) is importer
            lacking = house.office().ctx(*(p for p in everything if p != importer.permission))
            with pytest.raises(Invalid):
                offered_importer(lacking, importer.name)

    def test_a_bad_row_is_told_with_its_line_and_nothing_of_it_is_kept(
        self, house: House, registry: Registry, tmp_path: Path
    ):
        for importer in self._importers(registry):
            before = house.fingerprints("north")
            report = _load(house, importer, tmp_path, [{}])
            assert [p.line for p in report.problems][:1] == [2], importer.name
            assert all(p.reason for p in report.problems)
            assert (report.added, report.bad_rows) == (0, 1)
            assert changed(before, house.fingerprints("north")) in ([], ["core_event"])

    def test_loading_twice_adds_nothing_and_never_reaches_another_company(
        self, house: House, registry: Registry, tmp_path: Path
    ):
        for importer in self._importers(registry):
            row = {f.name: _made_up(f.type, f.longest) for f in importer.fields if f.required}
            south = house.fingerprints("south")
            first = _load(house, importer, tmp_path, [row])
            if first.bad_rows:  # it points to records that are not there; its own tests show how it is loaded
                assert all(p.reason and p.line == 2 for p in first.problems), importer.name
                continue
            assert (first.added, first.known) == (1, 0), importer.name
            again = _load(house, importer, tmp_path, [row])
            assert (again.added, again.known, again.bad_rows) == (0, 1, 0), importer.name
            assert changed(south, house.fingerprints("south")) == []
            elsewhere = _load(house, importer, tmp_path, [row], self._third(house, registry))
            assert (elsewhere.added, elsewhere.known) == (1, 0), f"{importer.name}: it knows another company's key"

    def test_a_load_of_everything_can_be_taken_back(self, house: House, registry: Registry):
        for importer in self._importers(registry):
            ctx = house.office(self._third(house, registry)).system(utcnow())
            values = {f.name: _value(f.type, f.longest) if f.required else None for f in importer.fields}
            task = start_task(ctx, KIND, {}, file=importer.name)
            before = house.fingerprints("west")
            with transaction(ctx), account_kept(ctx, task.id):
                result = importer.load(ctx, [ImportRow(2, values)])
                emit_if_changed(ctx, "core.import_batch", file=importer.name, line=2, added=result.added)
            if result.bad:  # it points to records that are not there; what it wrote before it knew is taken back
                assert result.added == 0
            else:
                made = changed(before, house.fingerprints("west"))
                assert made, importer.name
                assert not [t for t in made if t.startswith("core_event")], "events wait until the load is whole"
            with transaction(ctx):
                back = TakingBack(ctx, task.id, {})
                while back.some():
                    pass
                emit_if_changed(ctx, "core.import_taken_back", file=importer.name, rows=back.removed)
            left = set(changed(before, house.fingerprints("west")))
            told = {"core_event", "core_delivery"}  # of what was taken back
            assert left <= {*told, "core_sequence", "core_search_mark"}, importer.name


def _value(kind: str, longest: int) -> Any:
    """What a reader of rows would have made of a made-up text, one that no other test has loaded."""
    text = _made_up(kind, longest, "row-of-suite")
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "moment":
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    plain: dict[str, Any] = {"int": 1, "decimal": Decimal(1), "bool": True, "list": [text]}
    return plain.get(kind, text)


def _made_up(kind: str, longest: int, text: str = "suite-row") -> str:
    day = dt.date(2026, 1, 5)
    words = {"int": "1", "decimal": "1", "bool": "yes", "date": day.isoformat(), "moment": f"{day} 09:00"}
    return words.get(kind, text[: longest or None])


def _load(house: House, importer: Importer, folder: Path, rows: list[dict[str, str]], company: str = "north") -> Report:
    names = [f.name for f in importer.fields]
    path = folder / f"{importer.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    mapping = read_mapping({"fields": {name: {"column": name} for name in names}}, importer)
    return run_import(house.office(company).system(utcnow()), importer, path, mapping, only_good=True)
