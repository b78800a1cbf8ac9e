"""What a test reads right after a click is the whole next page, however slowly that comes in."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class _InTwoPieces(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>rows</title><a href='/next'>next</a><ol><li>one")
        self.wfile.flush()
        if self.path == "/next":
            time.sleep(0.5)
        self.wfile.write(b"<li>two</ol>")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def slow_site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _InTwoPieces)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_rows_read_right_after_a_click_are_all_rows_of_the_next_page(slow_site, new_context):
    page = new_context().new_page()
    page.goto(slow_site)
    page.get_by_text("next").click()
    assert page.locator("li").all_inner_texts() == ["one", "two"]
    assert page.url.endswith("/next")
