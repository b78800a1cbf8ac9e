"""Structured logs: one JSON line per happening, with request id, company and user bound where they are known."""

from __future__ import annotations

import logging
import os
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def configure() -> None:
    """Set structlog up once per process. ``SANBAO_LOG=console`` is for people, the default JSON for machines."""
    if structlog.is_configured():
        return
    renderer = (
        structlog.dev.ConsoleRenderer()
        if os.environ.get("SANBAO_LOG") == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, os.environ.get("SANBAO_LOG_LEVEL", "INFO"))
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
