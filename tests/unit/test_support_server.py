"""The helpers that run processes and servers: nothing of them is left behind, and mail arrives whole."""

import os
import smtplib
import time
from email.message import EmailMessage

import pytest

from tests.support.server import free_port, process, wait_until_up

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_process_and_its_children_are_gone_after_the_block(tmp_path):
    log = tmp_path / "log"
    with process("python", "-c", PARENT, log=log, patience=2) as running:
        assert wait_for(lambda: log.read_text().strip())
        child = int(log.read_text().split()[0])
        assert alive(running.pid)
        assert alive(child)
    assert wait_for(lambda: not alive(child))
    assert not alive(running.pid)


def test_a_process_that_ignores_a_polite_request_is_killed(tmp_path):
    log = tmp_path / "log"
    stubborn = "import signal, time; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    with process("python", "-c", stubborn, log=log, patience=0.5) as running:
        assert wait_for(lambda: log.read_text().strip() == "deaf")
    assert running.returncode == -9


def test_a_process_sees_the_environment_that_it_is_given(tmp_path):
    log = tmp_path / "log"
    with process("python", "-c", "import os; print(os.environ['COLOUR'])", env={"COLOUR": "blue"}, log=log) as running:
        assert running.wait(timeout=30) == 0
    assert log.read_text() == "blue\n"


def test_waiting_for_a_server_that_never_comes_ends_with_its_address():
    url = f"http://127.0.0.1:{free_port()}/healthz"
    with pytest.raises(TimeoutError, match=url):
        wait_until_up(url, seconds=0.3)


def test_mail_arrives_whole(mailbox):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.com", "lin@example.com", "重设密码"
    message.set_content("请打开链接。\n")
    with smtplib.SMTP(mailbox.host, mailbox.port) as server:
        server.send_message(message)
    (received,) = mailbox.messages
    assert (received["To"], received["Subject"]) == ("lin@example.com", "重设密码")
    assert received.get_content().replace("\r\n", "\n") == "请打开链接。\n"
