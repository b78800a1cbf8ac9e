"""``python -m core`` is the command ``sanbao``."""

from core.cli import main

main(prog_name="sanbao")
