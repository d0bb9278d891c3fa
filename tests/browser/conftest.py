"""The served product and a browser before it, for as long as a module needs them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import (
    DESKTOP,
    NARROW,
    PHONE,
    Stage,
    open_browser,
    open_product,
    open_stage,
)
from tests.browser.staged import StagedModel


@pytest.fixture(scope="module")
def browser(pg_admin_url: str) -> Iterator[Browser]:
    """One browser per module: its driver keeps a loop that asynchronous tests must not meet.

    The database server is asked for first, because starting it needs a loop of its own.
    """
    assert pg_admin_url
    with open_browser() as opened:
        yield opened


@pytest.fixture
def model() -> StagedModel:
    return StagedModel()


@pytest.fixture
def product(pg_url: str, model: StagedModel) -> Iterator[str]:
    """The address of a product of one's own."""
    with open_product(pg_url, model) as url:
        yield url


@pytest.fixture
def desktop(browser: Browser, product: str, model: StagedModel) -> Iterator[Stage]:
    with open_stage(browser, product, model, size=DESKTOP) as stage:
        yield stage
        assert stage.faults == []


@pytest.fixture
def phone(browser: Browser, product: str, model: StagedModel) -> Iterator[Stage]:
    with open_stage(browser, product, model, size=PHONE) as stage:
        yield stage
        assert stage.faults == []


@pytest.fixture
def narrow(browser: Browser, product: str, model: StagedModel) -> Iterator[Stage]:
    """A phone of the narrowest kind."""
    with open_stage(browser, product, model, size=NARROW) as stage:
        yield stage
        assert stage.faults == []
