"""What a WSGI server loads: ``gunicorn core.wsgi:app``. ``SANBAO_WITHOUT`` names plugins to leave out."""

import os

from core import garbage
from core.app import create_app

garbage.seldom()
app = create_app(without=[name for name in os.environ.get("SANBAO_WITHOUT", "").split(",") if name])
garbage.all_is_loaded()
