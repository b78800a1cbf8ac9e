"""Decision tables: company rules as data. Typed, versioned by date, exact, and able to say why.

A table is written as YAML or plain data (docs/reference/decision-tables.md), compiled once per version, and decides
cases without a database::

    compiled = compile_table(load_yaml(Path("charge.yaml")))
    decision = compiled.decide({"cause": "misuse", "distance": Decimal("1200.5")})
    decision.outputs, decision.row_number, why(decision, "zh")
"""

from core.decisions.analysis import Analysis, Gap, Overlap, Unreachable, analyse
from core.decisions.cells import cell_to_data, parse_cell
from core.decisions.compare import Case, CellChange, RowChange, TableDiff, Trial, TrialCase, diff, trial
from core.decisions.compiled import CompiledTable, Decision, compile_table, facts_from_data, facts_from_json
from core.decisions.errors import CellError, FactError, FactProblem, FormulaError, TableError
from core.decisions.formula_tree import Formula
from core.decisions.loading import load_yaml, schema
from core.decisions.model import ANY, Cell, Choice, Column, Row, Table, column_words, words_of
from core.decisions.parsing import from_data, to_data, validate
from core.decisions.partition import TooMany
from core.decisions.reasons import Change, Miss, nearest_rows, what_would_change, why_not
from core.decisions.remarks import Remark, case_words, remarks
from core.decisions.values import Unfit
from core.decisions.versions import TableVersion, in_force
from core.decisions.words import (
    Condition,
    Explanation,
    change_words,
    condition_words,
    explain,
    outputs_words,
    row_words,
    value_words,
    why,
    why_not_words,
)

__all__ = [
    "ANY",
    "Analysis",
    "Case",
    "Cell",
    "CellChange",
    "CellError",
    "Change",
    "Choice",
    "Column",
    "CompiledTable",
    "Condition",
    "Decision",
    "Explanation",
    "FactError",
    "FactProblem",
    "Formula",
    "FormulaError",
    "Gap",
    "Miss",
    "Overlap",
    "Remark",
    "Row",
    "RowChange",
    "Table",
    "TableDiff",
    "TableError",
    "TableVersion",
    "TooMany",
    "Trial",
    "TrialCase",
    "Unfit",
    "Unreachable",
    "analyse",
    "case_words",
    "cell_to_data",
    "change_words",
    "column_words",
    "compile_table",
    "condition_words",
    "diff",
    "explain",
    "facts_from_data",
    "facts_from_json",
    "from_data",
    "in_force",
    "load_yaml",
    "nearest_rows",
    "outputs_words",
    "parse_cell",
    "remarks",
    "row_words",
    "schema",
    "to_data",
    "trial",
    "validate",
    "value_words",
    "what_would_change",
    "why",
    "why_not",
    "why_not_words",
    "words_of",
]
