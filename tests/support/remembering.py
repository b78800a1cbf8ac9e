"""What one process of a test run has found out, for all of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any


class Remembered(MutableMapping):
    """A mapping kept in files of a folder: of keys whose ``repr`` tells them apart, to values that JSON can hold."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def _file(self, key: Any) -> Path:
        return self.folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.json"

    def __getitem__(self, key: Any) -> Any:
        try:
            return json.loads(self._file(key).read_text())
        except FileNotFoundError:
            raise KeyError(key) from None

    def __setitem__(self, key: Any, value: Any) -> None:
        draft = self.folder / f"{os.getpid()}.draft"
        draft.write_text(json.dumps(value))
        draft.rename(self._file(key))

    def __delitem__(self, key: Any) -> None:
        self._file(key).unlink()

    def __iter__(self):
        raise TypeError("keys are not kept")

    def __len__(self) -> int:
        return len(list(self.folder.glob("*.json")))
