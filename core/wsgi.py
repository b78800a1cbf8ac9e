"""What a WSGI server loads: ``gunicorn core.wsgi:app``. ``SANBAO_WITHOUT`` names plugins to leave out."""

from core import garbage
from core.app import create_app

garbage.seldom()
app = create_app()
garbage.all_is_loaded()
