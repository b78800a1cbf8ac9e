# ruff: noqa - runs under the peer's own Python and interpreter settings, in its own style
"""Tryton 8.2: usage  <tryton venv>/bin/python tryton_bench.py sqlite|postgresql"""

import base64
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from decimal import Decimal

import common
from common import emit, http_load, once, percentile, request, timed_loop

BACKEND = sys.argv[1]
PEER = "tryton"
DB = "bench_tryton"
ROOT = os.path.join(common.HOME, "run", f"tryton-{BACKEND}")
CONF = os.path.join(ROOT, "trytond.conf")
os.environ["TRYTOND_CONFIG"] = CONF  # read when trytond is imported
BIN = os.path.dirname(sys.executable)
MODULES = ["sale_complaint", "stock", "stock_lot", "party", "product", "sale"]
PASSWORD = "bench-Pass-123!"
SIZES = (10_000,) if common.QUICK else (10_000, 100_000)
N = int(os.environ.get("BENCH_N", 200 if common.QUICK else 1000))
PRODUCTS = 100
CONTEXT = {}


def prepare():
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(os.path.join(ROOT, "db"))
    uri = "sqlite://" if BACKEND == "sqlite" else f"postgresql://{common.PG_USER}@127.0.0.1:{common.PG_PORT}/"
    with open(CONF, "w") as fp:
        fp.write(
            f"[database]\nuri = {uri}\npath = {ROOT}/db\nlist = True\n"
            "[web]\nlisten = 127.0.0.1:%s\n" % 18000 + "[session]\ntimeout = 86400\nmax_age = 864000\n"
        )
    with open(os.path.join(ROOT, "pass"), "w") as fp:
        fp.write(PASSWORD)
    if BACKEND == "postgresql":
        common.pg_recreate(DB)
        # with it Tryton makes trigram indexes for its Similarity indexes
        common.psql("CREATE EXTENSION IF NOT EXISTS pg_trgm", DB)
    else:
        open(os.path.join(ROOT, "db", DB + ".sqlite"), "w").close()
    env = {**os.environ, "TRYTONPASSFILE": os.path.join(ROOT, "pass")}

    def init():
        subprocess.run(
            [f"{BIN}/trytond-admin", "-c", CONF, "-d", DB, "--email", "a@example.com", "-p", "--all"],
            check=True,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(ROOT, "init.log"), "w"),
        )

    def activate():
        subprocess.run(
            [f"{BIN}/trytond-admin", "-c", CONF, "-d", DB, "-u", *MODULES, "--activate-dependencies"],
            check=True,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(ROOT, "init2.log"), "w"),
        )

    once(PEER, BACKEND, "database init (ir, res)", init)
    once(PEER, BACKEND, "activate modules", activate, note=" ".join(MODULES) + " + dependencies")


def setup_data():
    """Company, parties, products, locations, complaint type, sale: proteus."""
    from proteus import Model, config as pconfig
    from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
    from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
    from trytond.modules.company.tests.tools import create_company, get_company

    cfg = pconfig.set_trytond(DB, config_file=CONF)
    create_company(config=cfg)
    create_chart(get_company())
    set_fiscalyear_invoice_sequences(create_fiscalyear()).click("create_period")
    accounts = get_accounts()
    Category = Model.get("product.category")
    category = Category(name="Account Category", accounting=True)
    category.account_expense = accounts["expense"]
    category.account_revenue = accounts["revenue"]
    category.save()
    Party = Model.get("party.party")
    parties = [Party(name=f"Customer {i}") for i in range(200)]
    Party.save(parties)
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    Template = Model.get("product.template")
    templates = []
    for i in range(PRODUCTS):
        template = Template(name=f"Spare part {i}")
        template.default_uom = unit
        template.type = "goods"
        template.salable = True
        template.list_price = Decimal("20")
        template.account_category = category
        templates.append(template)
    Template.save(templates)
    Type = Model.get("sale.complaint.type")
    kind = Type(name="Sale")
    (kind.origin,) = Model.get("ir.model").find([("name", "=", "sale.sale")])
    kind.save()
    Location = Model.get("stock.location")
    (storage,) = Location.find([("code", "=", "STO")])
    Location(name="Van 1", type="storage", parent=storage.parent).save()
    term = create_payment_term()
    term.save()
    Sale = Model.get("sale.sale")
    sale = Sale(party=parties[0], payment_term=term, invoice_method="manual")
    line = sale.lines.new()
    line.product = templates[0].products[0]
    line.quantity = 3
    sale.click("quote")
    sale.click("confirm")
    return cfg


def ids(pool, model, domain, limit=None):
    return [r.id for r in pool.get(model).search(domain, limit=limit)]


def in_process():
    from trytond.pool import Pool
    from trytond.transaction import Transaction, TransactionError

    pool = Pool(DB)
    with Transaction().start(DB, 0):
        (admin,) = ids(pool, "res.user", [("login", "=", "admin")])
        (company,) = ids(pool, "company.company", [])
        (storage,) = ids(pool, "stock.location", [("code", "=", "STO")])
        (van,) = ids(pool, "stock.location", [("name", "=", "Van 1")])
        supplier = ids(pool, "stock.location", [("type", "=", "supplier")])[0]
        (lost,) = ids(pool, "stock.location", [("type", "=", "lost_found")])
        products = ids(pool, "product.product", [])
        unit = pool.get("product.product")(products[0]).default_uom.id
        (kind,) = ids(pool, "sale.complaint.type", [])
        sales = ids(pool, "sale.sale", [])
        sale_party = pool.get("sale.sale")(sales[0]).party.id
        parties = ids(pool, "party.party", [("name", "like", "Customer %")])
    context = {"company": company}
    CONTEXT.update(company=company, kind=kind, parties=parties)

    def transact(func):
        extras = {}
        while True:
            with Transaction().start(DB, admin, context=context, **extras) as transaction:
                try:
                    result = func()
                    transaction.commit()
                    return result
                except TransactionError as exception:
                    transaction.rollback()
                    exception.fix(extras)

    def values(i, origin=False):
        return {
            "customer": sale_party if origin else parties[i % len(parties)],
            "company": company,
            "type": kind,
            "reference": f"REF-{i:07d}",
            "date": dt.date.today() - dt.timedelta(days=i % 300),
            "description": f"Machine {i} makes a rattling noise after "
            f"cleaning cycle {i % 977}; customer asks for callback",
            "origin": f"sale.sale,{sales[0]}" if origin else None,
        }

    def complaint(i):
        def work():
            Complaint = pool.get("sale.complaint")
            return Complaint.create([values(i)])

        return transact(work)

    def complaint_submit(i):
        def work():
            Complaint = pool.get("sale.complaint")
            records = Complaint.create([values(i)])
            Complaint.wait(records)

        return transact(work)

    def complaint_origin(i):
        def work():
            Complaint = pool.get("sale.complaint")
            return Complaint.create([values(i, True)])

        return transact(work)

    timed_loop(PEER, BACKEND, "complaint create, 1 per transaction", N, complaint)
    timed_loop(PEER, BACKEND, "complaint create with sale origin, 1 per transaction", N // 2, complaint_origin)
    timed_loop(PEER, BACKEND, "complaint create + submit, 1 per transaction", N // 2, complaint_submit)
    for run in range(common.REPEAT):
        start = time.perf_counter()
        transact(lambda: pool.get("sale.complaint").create([values(i) for i in range(1000)]))
        emit(PEER, BACKEND, "complaint create, 1000 per transaction", 1000, time.perf_counter() - start, run=run)

    # one part: receipt into storage
    def move(i, from_, to, product=None, quantity=1):
        return {
            "product": product or products[i % len(products)],
            "unit": unit,
            "quantity": quantity,
            "from_location": from_,
            "to_location": to,
            "company": company,
            "currency": None,
            "planned_date": dt.date.today(),
            "effective_date": dt.date.today(),
        }

    def receipt(i, quantity=100):
        def work():
            Move = pool.get("stock.move")
            records = Move.create([move(i, lost, storage, quantity=quantity)])
            Move.do(records)

        return transact(work)

    def receipts(count, quantity=100):
        def work():
            Move = pool.get("stock.move")
            records = Move.create([move(i, lost, storage, quantity=quantity) for i in range(count)])
            Move.do(records)

        return transact(work)

    def assign_do(i):
        def work():
            Move = pool.get("stock.move")
            records = Move.create([move(i, storage, van)])
            assert Move.assign_try(records, with_childs=False)
            Move.do(records)

        return transact(work)

    def shipment(i):
        def work():
            Shipment = pool.get("stock.shipment.internal")
            line = move(i, storage, van)
            line.pop("effective_date")
            (record,) = Shipment.create(
                [
                    {
                        "company": company,
                        "from_location": storage,
                        "to_location": van,
                        "planned_date": dt.date.today(),
                        "planned_start_date": dt.date.today(),
                        "moves": [("create", [line])],
                    }
                ]
            )
            Shipment.wait([record])
            Shipment.assign_try([record])
            assert record.state == "assigned", record.state
            Shipment.do([record])

        return transact(work)

    receipts(PRODUCTS, quantity=1000000)
    timed_loop(PEER, BACKEND, "stock move create+do, 1 per transaction", N // 5, receipt)
    for run in range(common.REPEAT):
        start = time.perf_counter()
        receipts(1000)
        emit(PEER, BACKEND, "stock move create+do, 1000 per transaction", 1000, time.perf_counter() - start, run=run)

    for size in SIZES:
        fill("stock_move", size)
        fill("sale_complaint", size)
        tag = f"{size // 1000}k"
        count = N // 10 if size == SIZES[0] else N // 40
        timed_loop(PEER, BACKEND, f"stock move create+assign_try+do, 1 per transaction, {tag} moves", count, assign_do)
        timed_loop(
            PEER,
            BACKEND,
            f"internal shipment create>wait>assign>do (1 line), {tag} moves",
            N // 25 if size == SIZES[0] else N // 100,
            shipment,
        )

        def availability(i, how_many, locations):
            with Transaction().start(
                DB, admin, readonly=True, context={**context, "stock_date_end": dt.date.today(), "stock_assign": True}
            ):
                Product = pool.get("product.product")
                wanted = [products[(i + k) % len(products)] for k in range(how_many)]
                return Product.products_by_location(locations, with_childs=False, grouping_filter=(wanted,))

        timed_loop(
            PEER,
            BACKEND,
            f"availability of 1 product in 1 location, {tag} moves",
            100,
            lambda i: availability(i, 1, [storage]),
        )
        timed_loop(
            PEER,
            BACKEND,
            f"availability of 50 products in 2 locations, {tag} moves",
            30,
            lambda i: availability(i, 50, [storage, van]),
        )
        timed_loop(PEER, BACKEND, f"complaint create, 1 per transaction, table {tag}", N // 5, complaint)
        serve(size)


def fill(table, size):
    """Grow a table to size rows by copying its own rows in SQL (the fill is
    not a measure)."""
    if BACKEND == "sqlite":
        import sqlite3

        conn = sqlite3.connect(os.path.join(ROOT, "db", DB + ".sqlite"), timeout=60)
        columns = [r[1] for r in conn.execute(f"PRAGMA table_info({table})")]
        run = lambda sql: conn.execute(sql).fetchone()
    else:
        columns = common.psql(
            f"SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = '{table}'", DB
        ).split(",")
        run = lambda sql: [common.psql(sql, DB)]
    changed = {
        "number": "CAST(id + 1000000 AS VARCHAR)",
        "reference": "'REF-' || CAST(id + 1000000 AS VARCHAR)",
        "description": "description || ' ' || CAST(id AS VARCHAR)",
    }
    target = ", ".join(f'"{c}"' for c in columns if c != "id")
    source = ", ".join(
        changed.get(c, f'"{c}"') if table == "sale_complaint" else f'"{c}"' for c in columns if c != "id"
    )
    # done moves without a shipment only: the others are tied to one shipment
    where = "state = 'done' AND quantity = 100 AND shipment IS NULL" if table == "stock_move" else "1 = 1"
    while (have := int(run(f"SELECT count(*) FROM {table}")[0])) < size:
        run(
            f"INSERT INTO {table} ({target}) SELECT {source} FROM {table} WHERE {where} ORDER BY id LIMIT {size - have}"
        )
    if BACKEND == "sqlite":
        conn.commit()
        conn.execute("ANALYZE")
        conn.commit()
        conn.close()
    else:
        common.psql(f"VACUUM ANALYZE {table}", DB)


def rpc_body(method, *params):
    return json.dumps({"id": 1, "method": method, "params": list(params)})


def login(base):
    status, data, _ = request(
        f"{base}/{DB}/rpc/",
        "POST",
        rpc_body("common.db.login", "admin", {"password": PASSWORD}),
        {"Content-Type": "application/json"},
    )
    assert status == 200, (status, data[:300])
    result = json.loads(data)
    result = result.get("result", result) if isinstance(result, dict) else result
    user, token = result[0], result[1]
    auth = base64.b64encode(f"admin:{user}:{token}".encode()).decode()
    return {"Content-Type": "application/json", "Authorization": f"Session {auth}"}


def serve(size):
    port = common.free_port()
    base = f"http://127.0.0.1:{port}"
    tag = f"{size // 1000}k"
    with common.Server(
        [
            f"{BIN}/gunicorn",
            "-w",
            "2",
            "-b",
            f"127.0.0.1:{port}",
            "--log-level",
            "warning",
            "--timeout",
            "120",
            "trytond.application:app",
        ],
        port,
        env={"TRYTOND_CONFIG": CONF, "TRYTOND_DATABASE_NAMES": DB},
    ) as server:
        server.wait_port()
        time.sleep(4)
        headers = login(base)
        for _ in range(6):  # both workers warm
            login(base)
        url = f"{base}/{DB}/rpc/"
        context = {"company": CONTEXT["company"], "language": "en"}
        fields = [
            "number",
            "reference",
            "date",
            "customer.rec_name",
            "type.rec_name",
            "company.rec_name",
            "state",
            "rec_name",
            "_timestamp",
        ]
        if size == SIZES[0]:
            timed_loop(PEER, BACKEND, "RPC login (password)", 20, lambda i: login(base))
            http_load(
                PEER,
                BACKEND,
                "RPC no-op (res.user.get_preferences)",
                url,
                method="POST",
                headers=headers,
                body=rpc_body("model.res.user.get_preferences", True, context),
            )

            def create(i):
                status, data, _ = request(
                    url,
                    "POST",
                    rpc_body(
                        "model.sale.complaint.create",
                        [
                            {
                                "customer": CONTEXT["parties"][i % 150],
                                "company": CONTEXT["company"],
                                "type": CONTEXT["kind"],
                                "reference": f"RPC-{i}",
                                "description": "Rattling noise " * 5,
                            }
                        ],
                        context,
                    ),
                    headers,
                )
                assert status == 200 and b"error" not in data, data[:300]

            timed_loop(PEER, BACKEND, "RPC complaint create, 1 client", N // 5, create)
            emit(PEER, BACKEND, "server memory, 2 workers (MiB)", value=common.rss_mb(server.process.pid))
        for name, domain in [
            ("list page of 50", []),
            ("list page of 50, state=draft", [["state", "=", "draft"]]),
            ("search by number (rec_name ilike)", [["rec_name", "ilike", "%1004999%"]]),
            ("search in description (ilike, rare)", [["description", "ilike", "%Machine 777 %"]]),
        ]:
            http_load(
                PEER,
                BACKEND,
                f"RPC {name}, {tag}",
                url,
                method="POST",
                headers=headers,
                body=rpc_body("model.sale.complaint.search_read", domain, 0, 50, None, fields, context),
            )
        http_load(
            PEER,
            BACKEND,
            f"RPC count, {tag}",
            url,
            method="POST",
            headers=headers,
            clients=(1,),
            body=rpc_body("model.sale.complaint.search_count", [], context),
        )
        http_load(
            PEER,
            BACKEND,
            f"RPC list page of 50 at offset 9000, {tag}",
            url,
            method="POST",
            headers=headers,
            clients=(1,),
            body=rpc_body("model.sale.complaint.search_read", [], 9000, 50, None, fields, context),
        )


def cold_start():
    """`trytond` to the first answer, and to the first login and list."""
    for run in range(common.REPEAT):
        port = common.free_port()
        base = f"http://127.0.0.1:{port}"
        conf = os.path.join(ROOT, "cold.conf")
        with open(CONF) as src, open(conf, "w") as dst:
            dst.write(src.read().replace("127.0.0.1:18000", f"127.0.0.1:{port}"))
        with common.Server([f"{BIN}/trytond", "-c", conf, "-d", DB], port) as server:
            server.wait_port()
            status, data, _ = request(
                f"{base}/rpc/", "POST", rpc_body("common.server.version"), {"Content-Type": "application/json"}
            )
            assert status == 200, data[:200]
            emit(
                PEER,
                BACKEND,
                "cold start to first answer",
                1,
                time.perf_counter() - server.started,
                run=run,
                note="trytond -d db (pool preloaded)",
            )
            headers = login(base)
            status, data, _ = request(
                f"{base}/{DB}/rpc/",
                "POST",
                rpc_body("model.sale.complaint.search_read", [], 0, 50, None, ["number", "state"], {}),
                headers,
            )
            assert status == 200, data[:200]
            emit(PEER, BACKEND, "cold start to first login + list", 1, time.perf_counter() - server.started, run=run)


def proteus_create():
    from proteus import Model

    Complaint = Model.get("sale.complaint")
    (kind,) = Model.get("sale.complaint.type").find([])
    customers = Model.get("party.party").find([("name", "like", "Customer %")], limit=50)

    def create(i):
        record = Complaint()
        record.customer = customers[i % 50]
        record.type = kind
        record.reference = f"P-{i}"
        record.description = "Rattling noise after cleaning cycle"
        record.save()

    timed_loop(PEER, BACKEND, "complaint create through proteus (on_change)", N // 5, create)


def load_pool():
    from trytond import config

    config.update_etc(CONF)
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    with Transaction().start(DB, 0, readonly=True):
        Pool(DB).init()


def stage(name):
    if name == "setup":
        setup_data()
        proteus_create()
    elif name == "in-process":
        load_pool()
        in_process()
    elif name == "serve":  # the HTTP measures again, on the database as it is
        load_pool()
        from trytond.pool import Pool
        from trytond.transaction import Transaction

        with Transaction().start(DB, 0, readonly=True):
            (CONTEXT["company"],) = ids(Pool(DB), "company.company", [])
        serve(SIZES[-1])


if __name__ == "__main__":
    # each stage in its own process: proteus and the pool keep caches
    if len(sys.argv) > 2:
        stage(sys.argv[2])
    else:
        if os.environ.get("BENCH_REUSE") != "1":
            prepare()
        for name in ["setup", "in-process"]:
            subprocess.run([sys.executable, __file__, BACKEND, name], check=True)
        cold_start()
