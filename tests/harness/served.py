"""The whole product in this process: all faces, sockets and a worker, on a loopback port.

    async with serve(pg_url, model=ScriptedModel(...)) as served:
        ada = await served.make_person("ada")

`pg_url` is a migrated database of one's own (the fixture of that name). Without `model` the demo
model answers, without pauses. `serve_in_thread` is the same for tests that block.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import httpx

from mojodex.apps.headers import SecurityHeaders
from mojodex.apps.migrations import load_models
from mojodex.apps.roles import Role
from mojodex.apps.seed import seed
from mojodex.apps.web import build_site
from mojodex.apps.wiring import Runtime, compose, running
from mojodex.domains import purchases
from mojodex.domains.identity import Grant, User, create_user, log_in, secret_caller
from mojodex.domains.identity.views import BACKOFFICE
from mojodex.platform.db import Database
from mojodex.platform.llm import DatabaseMeter, DemoModel, Engine, ModelGateway, RetryPolicy
from mojodex.platform.realtime import ServerTiming
from mojodex.platform.settings import Secrets, load_settings
from tests.harness.serving import in_thread, serve_asgi

PASSWORD = "correct horse battery"
SECRETS = Secrets(
    backoffice_secret="backoffice-secret-of-the-tests",
    scheduler_secret="scheduler-secret-of-the-tests",
    webapp_secret="webapp-secret-of-the-tests",
    purchase_updater_secret="purchase-secret-of-the-tests",
)


@dataclass(frozen=True, kw_only=True)
class Human:
    """A person of the served product, logged in."""

    user: User
    token: str
    password: str

    @property
    def user_id(self) -> UUID:
        return self.user.user_id

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, kw_only=True)
class Served:
    """The running product: its address without a slash at the end, and what is behind it."""

    url: str
    runtime: Runtime

    @property
    def db(self) -> Database:
        return self.runtime.db

    async def make_person(
        self, name: str, *grants: Grant, language: str = "en", is_customer: bool = True
    ) -> Human:
        """Somebody who accepted the terms and, as a customer, may run the example tasks."""
        email = f"{name}@example.org"
        office = secret_caller(BACKOFFICE)
        user = await create_user(
            self.db,
            office,
            email=email,
            name=name.capitalize(),
            password=PASSWORD,
            language_code=language,
            grants=grants,
            accept_terms=True,
        )
        if is_customer:
            async with self.db.begin() as tx:
                product_id = await purchases.ensure_examples(tx)
                await purchases.grant_product(
                    tx, office, user_id=user.user_id, product_id=product_id
                )
        login = await log_in(self.db, email=email, password=PASSWORD, client="tests")
        return Human(user=user, token=login.token, password=PASSWORD)

    def client(self, human: Human | None = None) -> httpx.AsyncClient:
        """A client of v1; close it, or use it in `async with`."""
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/v1",
            headers={} if human is None else human.bearer,
            timeout=30,
            # There is no TLS on loopback, and reading all certificates takes each client 25 ms.
            verify=False,
        )


@asynccontextmanager
async def serve(
    pg_url: str,
    *,
    model: Engine | None = None,
    is_demo_open: bool = False,
    role: Role = Role.ALL,
    retries: RetryPolicy | None = None,
    socket_timing: ServerTiming | None = None,
) -> AsyncIterator[Served]:
    """Serve while the block runs. With a `role`, several of them share one database.

    `retries` are the gateway's own.
    """
    load_models()
    environ = {"MOJODEX_DATABASE_URL": pg_url}
    if is_demo_open:
        environ["MOJODEX_DEMO"] = "true"
    settings = load_settings(environ, env_file=None)
    db = Database(pg_url)
    gateway = ModelGateway([model or DemoModel(pace=0)], DatabaseMeter(db), retries=retries)
    try:
        runtime = compose(settings, SECRETS, db, gateway, role, socket_timing=socket_timing)
        runtime.is_demo_open = await seed(db, settings)
        site = SecurityHeaders(build_site(runtime))
        async with running(runtime), serve_asgi(site) as url:
            yield Served(url=url, runtime=runtime)
        await runtime.streams.close_all()
    finally:
        await gateway.aclose()
        await db.close()


def serve_in_thread(
    pg_url: str,
    *,
    model: Engine | None = None,
    is_demo_open: bool = False,
    socket_timing: ServerTiming | None = None,
) -> AbstractContextManager[Served]:
    """As `serve`, in a thread with a loop of its own."""
    return in_thread(
        partial(serve, pg_url, model=model, is_demo_open=is_demo_open, socket_timing=socket_timing)
    )
