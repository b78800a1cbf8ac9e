"""What a machine may lack: skip with the reason, or fail where ``SANBAO_REQUIRE_ALL`` promises that all is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MARKER_FILE = "cfpb_complaints/cfpb_complaints_2023.csv"


def lacking(reason: str) -> NoReturn:
    """Skip the test because of ``reason``; fail it where nothing may be lacking."""
    if os.environ.get("SANBAO_REQUIRE_ALL"):
        pytest.fail(f"SANBAO_REQUIRE_ALL is set, but: {reason}", pytrace=False)
    pytest.skip(reason)


def chromium() -> str | None:
    """The browser to test with: ``SANBAO_CHROMIUM``, else the machine's own."""
    named = os.environ.get("SANBAO_CHROMIUM")
    if named:
        return named
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def real_data() -> Path | str:
    """The folder of real files that ``SANBAO_DATA`` names, or the reason why there is none."""
    named = os.environ.get("SANBAO_DATA")
    if not named:
        return "SANBAO_DATA does not name the folder of real data files"
    folder = Path(named).resolve()
    return folder if (folder / MARKER_FILE).is_file() else f"SANBAO_DATA has no {MARKER_FILE}"
