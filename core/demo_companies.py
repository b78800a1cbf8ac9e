"""The companies of the demonstration, as a plugin describes them in a file (hook ``demo_companies``)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from core.shipped import read_data_file


@dataclass(frozen=True)
class DemoUnit:
    """An organisation unit below the headquarters ``hq``; ``kind`` is centre, agent or department."""

    code: str
    name: str
    kind: str
    parent: str = "hq"
    region: str = ""


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who signs in as ``mailbox@<company>.example``. Roles whose plugin is off are left out."""

    mailbox: str
    name: str
    roles: tuple[str, ...]
    unit: str = "hq"
    scope: str = "company"


@dataclass(frozen=True)
class DemoCompany:
    """A company that ``sanbao demo`` makes; ``modules`` are switched on where they are installed."""

    code: str
    name: str
    profile: str
    locale: str
    timezone: str
    currency: str
    region: str
    modules: tuple[str, ...]
    units: tuple[DemoUnit, ...]
    people: tuple[DemoPerson, ...]

    def address_of(self, person: DemoPerson) -> str:
        """The e-mail address that a person signs in with."""
        return f"{person.mailbox}@{self.code}.example"


def read_demo_companies(path: Path | str) -> list[DemoCompany]:
    """The companies in a YAML file: a list of mappings with the fields of ``DemoCompany``.

    Raises TypeError for a field that is unknown or missing: such a file ships with a plugin, it is no user's input.
    """
    return [_company(entry) for entry in read_data_file(Path(path))]


def _company(entry: dict[str, Any]) -> DemoCompany:
    units = tuple(DemoUnit(**unit) for unit in entry.pop("units"))
    people = tuple(DemoPerson(**{**person, "roles": tuple(person["roles"])}) for person in entry.pop("people"))
    plain = {field.name for field in fields(DemoCompany)} - {"units", "people", "modules"}
    modules = tuple(entry.pop("modules"))
    if set(entry) != plain:
        raise TypeError(f"a demonstration company has the fields {', '.join(sorted(plain))}; not {sorted(entry)}")
    return DemoCompany(**entry, modules=modules, units=units, people=people)
