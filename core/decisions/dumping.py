"""A table as a YAML file that people can read and edit; ``load_yaml`` gives the same table back."""

from __future__ import annotations

import yaml

from core.decisions.cells import cell_to_data
from core.decisions.loading import RESOLVERS
from core.decisions.model import MANY_VALUE_OPS, OPERATORS, Cell, Table
from core.decisions.parsing import to_data
from core.decisions.values import to_json

_LOWER = {"[": "ge", "(": "gt"}
_UPPER = {"]": "le", ")": "lt"}


def dump_yaml(table: Table) -> str:
    """The table's file: conditions in their shortest form, each row's ``when`` and ``then`` on one line."""
    data = to_data(table)
    for row, written in zip(table.rows, data["rows"], strict=True):
        written["when"] = {name: readable_cell(cell) for name, cell in row.when.items()}
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)


def readable_cell(cell: Cell) -> object:
    """The shortest written form of a condition: a value, a list, or a mapping of operators."""
    values = [to_json(value) for value in cell.values]
    if cell.op == "equals" and values[0] not in OPERATORS:
        return values[0]
    if cell.op == "in" and values[0] not in OPERATORS:
        return values
    if cell.op == "between":
        return {_LOWER[cell.ends[0]]: values[0], _UPPER[cell.ends[1]]: values[1]}
    if cell.op in MANY_VALUE_OPS or len(values) > 1:
        return {cell.op: values}
    return {cell.op: values[0]} if values else cell_to_data(cell)[0]


class _Dumper(yaml.SafeDumper):
    """Puts every text in quotation marks that our reading of YAML would take for something else (``1e5``)."""

    yaml_implicit_resolvers = {
        first: yaml.SafeDumper.yaml_implicit_resolvers.get(first, []) + RESOLVERS.get(first, [])
        for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *RESOLVERS}
    }

    def ignore_aliases(self, data: object) -> bool:
        """Repeat what stands there twice: table files know no aliases."""
        return True
