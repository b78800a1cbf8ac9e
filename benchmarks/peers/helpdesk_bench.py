# ruff: noqa - runs under the peer's own Python and interpreter settings, in its own style
"""django-helpdesk 2.6.1: usage  <venv>/bin/python helpdesk_bench.py sqlite|postgresql

The file is its own Django settings module and URL configuration."""

import base64
import datetime as dt
import http.cookies
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import common  # noqa: E402

BACKEND = os.environ.get("HD_BACKEND") or (sys.argv[1] if len(sys.argv) > 1 else "sqlite")
ROOT = os.path.join(common.HOME, "run", f"helpdesk-{BACKEND}")
NAME = "bench_helpdesk"

# -- settings ---------------------------------------------------------------
SECRET_KEY = "bench only"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "helpdesk_bench"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
STATIC_URL = "/static/"
MEDIA_ROOT = os.path.join(ROOT, "media")
LOGIN_URL = "/login/"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
HELPDESK_TEAMS_MODE_ENABLED = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.humanize",
    "rest_framework",
    "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
if BACKEND == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(ROOT, "db.sqlite3"),
            "OPTIONS": {
                "timeout": 60,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": NAME,
            "USER": common.PG_USER,
            "HOST": "127.0.0.1",
            "PORT": common.PG_PORT,
            "CONN_MAX_AGE": 600,
        }
    }

if __name__ != "__main__":

    def __getattr__(name):
        if name == "urlpatterns":
            from django.contrib import admin
            from django.urls import include, path

            value = [path("admin/", admin.site.urls), path("", include("helpdesk.urls", namespace="helpdesk"))]
            globals()["urlpatterns"] = value
            return value
        if name == "application":
            import django

            django.setup()
            from django.core.wsgi import get_wsgi_application

            value = get_wsgi_application()
            globals()["application"] = value
            return value
        raise AttributeError(name)


# -- benchmark --------------------------------------------------------------
PEER = "django-helpdesk"
SIZES = (10_000,) if common.QUICK else (10_000, 100_000)
N = int(os.environ.get("BENCH_N", 100 if common.QUICK else 500))
BIN = os.path.dirname(sys.executable)


def environment():
    os.environ["HD_BACKEND"] = BACKEND
    os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk_bench"
    os.environ["PYTHONPATH"] = HERE


def prepare():
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(ROOT)
    if BACKEND == "postgresql":
        common.pg_recreate(NAME)
    common.once(
        PEER,
        BACKEND,
        "database init (migrate)",
        lambda: subprocess.run([f"{BIN}/django-admin", "migrate", "-v0"], check=True, env=os.environ),
    )
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.utils import timezone
    from helpdesk.models import KBCategory, KBItem, Queue

    call_command("loaddata", "emailtemplate", verbosity=0)
    User = get_user_model()
    User.objects.create_superuser("admin", "a@example.com", "bench-Pass-123!")
    for i in range(8):
        Queue.objects.create(
            title=f"Queue {i}",
            slug=f"q{i}",
            allow_public_submission=True,
            escalate_days=1,
            email_address=f"q{i}@example.com",
        )
    for i in range(5):
        category = KBCategory.objects.create(
            name=f"cat{i}", title=f"Category {i}", slug=f"cat{i}", description="text", public=True
        )
        KBItem.objects.bulk_create(
            KBItem(
                category=category,
                title=f"Item {k}",
                question=f"How to fix {k}?",
                answer="Check the **filter** first.",
                last_updated=timezone.now(),
            )
            for k in range(40)
        )


def in_process():
    from django.db import transaction
    from helpdesk.forms import PublicTicketForm
    from helpdesk.models import Queue

    queues = list(Queue.objects.values_list("id", flat=True))

    def create(i):
        with transaction.atomic():
            form = PublicTicketForm(
                data={
                    "queue": queues[i % 8],
                    "title": f"Complaint {i}",
                    "body": f"Machine {i} makes a rattling noise after "
                    f"cleaning cycle {i % 977}; customer asks for callback",
                    "priority": "3",
                    "submitter_email": f"c{i}@example.com",
                }
            )
            assert form.is_valid(), form.errors
            form.save(user=None)

    common.timed_loop(PEER, BACKEND, "ticket create, public form, in process (mail to dummy)", N, create)

    from helpdesk.models import FollowUp, Ticket
    from django.utils import timezone

    def bare(i):
        with transaction.atomic():
            ticket = Ticket(
                title=f"Complaint {i}",
                queue_id=queues[i % 8],
                description="Rattling noise",
                submitter_email="a@example.com",
                created=timezone.now(),
                priority=3,
                status=1,
            )
            ticket.save()
            FollowUp(ticket=ticket, title="Opened", public=True, comment="Rattling noise", date=timezone.now()).save()

    common.timed_loop(PEER, BACKEND, "ticket + follow-up rows by ORM only, 1 per transaction", N, bare)


def fill(size):
    from django.utils import timezone
    from helpdesk.models import FollowUp, Queue, Ticket

    queues = list(Queue.objects.values_list("id", flat=True))
    now = timezone.now()
    start = have = Ticket.objects.count()
    while have < size:
        chunk = min(5000, size - have)
        rows = Ticket.objects.bulk_create(
            [
                Ticket(
                    title=f"Complaint {have + k} rattle",
                    queue_id=queues[k % 8],
                    status=1 + (k % 4),
                    description=f"Machine {have + k} makes a rattling noise",
                    submitter_email=f"c{have + k}@example.com",
                    created=now - dt.timedelta(days=10 + k % 300),
                    modified=now,
                    priority=2 + k % 4,
                    secret_key="x",
                )
                for k in range(chunk)
            ],
            batch_size=1000,
        )
        FollowUp.objects.bulk_create(
            [FollowUp(ticket=t, title="Opened", public=True, comment="text", date=now) for t in rows], batch_size=1000
        )
        have += chunk
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return start


class Browser:
    """Just enough of a cookie jar for csrf and session."""

    def __init__(self, base):
        self.base, self.jar = base, {}

    def headers(self, extra=None):
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items()), **(extra or {})}

    def go(self, path, form=None, extra=None):
        body = urllib.parse.urlencode(form) if form else None
        extra = dict(extra or {})
        if body:
            extra["Content-Type"] = "application/x-www-form-urlencoded"
        status, data, response = common.request(self.base + path, "POST" if body else "GET", body, self.headers(extra))
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie = http.cookies.SimpleCookie(value)
                self.jar.update({k: m.value for k, m in cookie.items()})
        return status, data.decode("utf-8", "replace")

    def token(self, html):
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html).group(1)


def server(port):
    return common.Server(
        [
            f"{BIN}/gunicorn",
            "-w",
            "2",
            "-b",
            f"127.0.0.1:{port}",
            "--log-level",
            "warning",
            "--timeout",
            "300",
            "helpdesk_bench:application",
        ],
        port,
        cwd=HERE,
    )


def cold_start():
    for run in range(common.REPEAT):
        port = common.free_port()
        with server(port) as process:
            process.wait_port()
            status, _, _ = common.request(f"http://127.0.0.1:{port}/kb/")
            assert status == 200, status
            common.emit(PEER, BACKEND, "cold start to first answer", 1, time.perf_counter() - process.started, run=run)


def serve(size, first):
    tag = f"{size // 1000}k"
    port = common.free_port()
    with server(port) as process:
        process.wait_port()
        base = f"http://127.0.0.1:{port}"
        public = Browser(base)
        if first:
            _, html = public.go("/tickets/submit/")
            token = public.token(html)

            def submit(i):
                status, text = public.go(
                    "/tickets/submit/",
                    {
                        "csrfmiddlewaretoken": token,
                        "queue": 1 + i % 8,
                        "title": f"Web complaint {i}",
                        "priority": "3",
                        "body": "Rattling noise after cleaning",
                        "submitter_email": f"w{i}@example.com",
                    },
                )
                assert status == 302, (status, text[:300])

            common.timed_loop(PEER, BACKEND, "HTTP ticket create, public form POST, 1 client", N // 5, submit)
            common.http_load(PEER, BACKEND, "HTTP kb index", base + "/kb/")
            common.http_load(PEER, BACKEND, "HTTP kb category (40 items)", base + "/kb/cat1/")
        staff = Browser(base)
        _, html = staff.go("/login/")
        start = time.perf_counter()
        status, _ = staff.go(
            "/login/",
            {
                "csrfmiddlewaretoken": staff.token(html),
                "username": "admin",
                "password": "bench-Pass-123!",
                "next": "/tickets/",
            },
        )
        assert status == 302, status
        common.emit(PEER, BACKEND, "HTTP login (password)", 1, time.perf_counter() - start, run=0)
        if first:
            common.emit(PEER, BACKEND, "server memory, 2 workers (MiB)", value=common.rss_mb(process.process.pid))

        def page(name, query, clients=(1, 8), start=0, **kw):
            code = base64.b64encode(json.dumps(query).encode()).decode()
            common.http_load(
                PEER,
                BACKEND,
                f"HTTP {name}, {tag}",
                f"{base}/datatables_ticket_list/{code}?draw=1&length=50"
                f"&start={start}&order[0][column]=0&order[0][dir]=desc",
                headers=staff.headers(),
                clients=clients,
                **kw,
            )

        plain = {"filtering": {}, "filtering_null": {}, "search_string": "", "sorting": "created", "sortreverse": False}
        slow = dict(repeat=min(2, common.REPEAT)) if size > 10_000 else {}
        page("list page of 50 (datatables JSON)", plain, **slow)
        page("list page of 50, open only", {**plain, "filtering": {"status__in": [1, 2]}}, (1,), **slow)
        page("search text (rare)", {**plain, "search_string": "Machine 777"}, (1,), **slow)
        common.http_load(
            PEER,
            BACKEND,
            f"HTTP list shell page (HTML), {tag}",
            base + "/tickets/",
            headers=staff.headers(),
            clients=(1,),
        )
        # api/tickets/ walks every ticket in get_queryset: a few requests only
        if size == SIZES[0]:

            def api(i):
                status, data, _ = common.request(
                    base + "/api/tickets/?page_size=50", headers=staff.headers(), timeout=280
                )
                assert status == 200, (status, data[:200])

            common.timed_loop(PEER, BACKEND, f"HTTP REST list page of 50, {tag}", 2, api, repeat=1)


def escalate(size):
    from django.core.management import call_command
    from helpdesk.models import FollowUp, Ticket

    for run in range(min(2, common.REPEAT)):
        Ticket.objects.update(last_escalation=None, priority=3, on_hold=False, status=1)
        from django.utils import timezone

        Ticket.objects.update(created=timezone.now() - dt.timedelta(days=30))
        before = FollowUp.objects.count()
        start = time.perf_counter()
        call_command("escalate_tickets")
        seconds = time.perf_counter() - start
        common.emit(
            PEER,
            BACKEND,
            f"escalate_tickets, {size // 1000}k open",
            FollowUp.objects.count() - before,
            seconds,
            run=run,
        )


if __name__ == "__main__":
    environment()
    prepare()
    cold_start()
    in_process()
    for index, size in enumerate(SIZES):
        fill(size)
        serve(size, index == 0)
        if index == 0:
            escalate(size)
