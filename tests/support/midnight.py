"""A whole run doesn't cross midnight: many tests write down which day it is and ask pages about today minutes later.

The companies of the tests are in Shanghai. Whoever runs a few tests is not held up.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Asia/Shanghai")
WHOLE_RUN = dt.timedelta(minutes=30)
"""So long a whole run takes at most."""


def wait_for(now: dt.datetime) -> dt.timedelta:
    """How long a run that would begin at ``now`` has to wait."""
    local = now.astimezone(ZONE)
    midnight = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(0, 0, 5), ZONE)
    left = midnight - local
    return left if left <= WHOLE_RUN else dt.timedelta()


def pass_by(config: pytest.Config) -> None:
    """Before a run of everything: wait until midnight has passed where it is near."""
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS
    if everything and not config.option.collectonly and not hasattr(config, "workerinput"):
        held = wait_for(dt.datetime.now(dt.UTC)).total_seconds()
        if held:
            sys.stderr.write(f"It is nearly midnight in Shanghai: the tests begin in {held / 60:.0f} minutes.\n")
            time.sleep(held)
