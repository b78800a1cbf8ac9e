"""Writing a migration: the scratch database has all tables to which those of a module may point."""

from __future__ import annotations

import shutil
from dataclasses import replace

from core import migrate


def test_a_migration_is_written_after_one_that_rewrites_a_table_pointing_to_the_core(tmp_path, registry, monkeypatch):
    service = next(b for b in migrate.branches(registry) if b.name == "service")
    written_anew = (service.folder / "versions" / "0010_rounds.py").read_text("utf-8")
    assert "batch_alter_table('service_plan'" in written_anew  # it points to core_user
    shutil.copytree(service.folder, tmp_path / "migrations")
    own = [replace(b, folder=tmp_path / "migrations") if b.name == "service" else b for b in migrate.branches(registry)]
    monkeypatch.setattr(migrate, "branches", lambda _registry: own)
    count = len(list((service.folder / "versions").glob("0*.py")))
    path = migrate.write_migration(registry, "service", "further columns")
    assert path == tmp_path / "migrations" / "versions" / f"{count + 1:04d}_further_columns.py"
    text = path.read_text("utf-8")
    head = max(p.stem for p in (service.folder / "versions").glob("0*.py"))
    assert f"down_revision = 'service_{head}'" in text
    assert text.count("    pass\n") == 2  # the models say what the migrations make: nothing is to be written
