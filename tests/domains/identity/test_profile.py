"""Profiles, and the pure rules under them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mojodex.domains.identity import (
    Caller,
    CallerKind,
    EmailTaken,
    InvalidEmail,
    InvalidGoal,
    InvalidLanguage,
    InvalidName,
    InvalidTimeZone,
    InvalidUtcOffset,
    User,
    UserId,
    UserNotFound,
    accept_terms,
    choose_category,
    create_user,
    find_user_by_email,
    get_user,
    get_users,
    local_now,
    present_onboarding,
    set_goal,
    set_language,
    set_profile,
    set_utc_offset,
)
from mojodex.domains.identity.rules import decode_email, decode_language, find_email
from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database
from mojodex.platform.realtime import user_room
from tests.domains.counting import statements
from tests.domains.identity.conftest import BACKOFFICE, PASSWORD, person


async def test_an_account_starts_bare(db: Database, ada: User, clock: FrozenClock) -> None:
    assert ada.email == "ada@example.com"
    assert ada.created_at == clock.now()
    assert (ada.language, ada.utc_offset_min, ada.time_zone) == ("en", 0, None)
    assert (ada.terms_accepted_at, ada.onboarding_presented_at) == (None, None)
    assert ada.has_password
    assert ada.wants_todo_email


async def test_an_administrator_may_vouch_for_the_terms(db: Database, clock: FrozenClock) -> None:
    user = await create_user(
        db,
        BACKOFFICE,
        email="eve@example.com",
        name=" Eve ",
        password=None,
        language_code="FR_ca",
        accept_terms=True,
    )
    assert (user.name, user.language_code) == ("Eve", "fr-CA")
    assert user.terms_accepted_at == user.onboarding_presented_at == clock.now()
    assert not user.has_password


async def test_a_refused_account_leaves_nothing(db: Database, ada: User) -> None:
    with pytest.raises(EmailTaken):
        await create_user(db, BACKOFFICE, email="ada@EXAMPLE.com", name="A", password=PASSWORD)
    for email in ("", "ada", "a b@example.com", "a@b@c", "a" * 255 + "@example.com"):
        with pytest.raises(InvalidEmail):
            await create_user(db, BACKOFFICE, email=email, name="A", password=PASSWORD)
    for name in ("", " \x00 ", "x" * 256):
        with pytest.raises(InvalidName):
            await create_user(db, BACKOFFICE, email="b@example.com", name=name, password=None)
    async with db.begin() as tx:
        assert await find_user_by_email(tx, email="b@example.com") is None


async def test_people_are_found_in_one_statement(db: Database, ada: User, bob: User) -> None:
    async with db.begin() as tx:
        with statements() as seen:
            found = await get_users(tx, user_ids=[ada.user_id, bob.user_id, UserId(uuid4())])
        assert found == {ada.user_id: ada, bob.user_id: bob}
        assert len(seen) == 1
        assert await get_users(tx, user_ids=[]) == {}
        assert await find_user_by_email(tx, email=" ADA@example.com") == ada
        assert await find_user_by_email(tx, email="nobody") is None
        with pytest.raises(UserNotFound):
            await get_user(tx, user_id=UserId(uuid4()))


async def test_a_profile_changes_by_what_is_given(db: Database, ada: User) -> None:
    async with db.begin() as tx:
        assert await set_profile(tx, person(ada)) == ada
        changed = await set_profile(tx, person(ada), name="Ada L.", time_zone="Europe/Paris")
        assert (changed.name, changed.time_zone, changed.utc_offset_min) == (
            "Ada L.",
            "Europe/Paris",
            60,
        )
        assert changed.language_code == "en"
        assert (await set_language(tx, person(ada), language_code="fr")).language == "fr"


async def test_the_person_is_told_of_what_is_new_about_them(db: Database, ada: User) -> None:
    async with db.begin() as tx:
        await set_profile(tx, person(ada))
        await set_utc_offset(tx, person(ada), offset_min=0)
        assert (await tx.scalars(text("SELECT kind FROM md_delivery"))).all() == []
        await set_profile(tx, person(ada), name="Ada L.")
        told = await tx.execute(text("SELECT room, user_id, kind, needs_ack FROM md_delivery"))
        assert told.all() == [(user_room(ada.user_id), ada.user_id, "person.changed", False)]


async def test_a_profile_refuses_nonsense(db: Database, ada: User) -> None:
    caller = person(ada)
    async with db.begin() as tx:
        for code in ("", "f", "fra", "fr-", "fr_FRA", "../x", "fr\x00"):
            with pytest.raises(InvalidLanguage):
                await set_language(tx, caller, language_code=code)
        for zone in ("", "Paris", "../../etc/passwd", "Europe/Paris\x00", "europe/paris"):
            with pytest.raises(InvalidTimeZone):
                await set_profile(tx, caller, time_zone=zone)
        for offset in (-721, 841, 10**9):
            with pytest.raises(InvalidUtcOffset):
                await set_utc_offset(tx, caller, offset_min=offset)
        with pytest.raises(InvalidGoal):
            await set_goal(tx, caller, goal="x" * 5_001)
        assert await get_user(tx, user_id=ada.user_id) == ada


async def test_an_account_that_is_gone_has_no_profile(db: Database) -> None:
    ghost = Caller(kind=CallerKind.USER, user_id=UserId(uuid4()))
    async with db.begin() as tx:
        with pytest.raises(UserNotFound):
            await set_profile(tx, ghost, name="Ghost")
        with pytest.raises(UserNotFound):
            await set_utc_offset(tx, ghost, offset_min=0)


async def test_the_zones_own_offset_keeps_the_zone(
    db: Database, ada: User, clock: FrozenClock
) -> None:
    caller = person(ada)
    async with db.begin() as tx:
        await set_profile(tx, caller, time_zone="Europe/Paris")
        kept = await set_utc_offset(tx, caller, offset_min=60)
        assert (kept.time_zone, kept.utc_offset_min) == ("Europe/Paris", 60)
        clock.advance(timedelta(days=200))
        kept = await set_utc_offset(tx, caller, offset_min=120)
        assert kept.time_zone == "Europe/Paris"
        left = await set_utc_offset(tx, caller, offset_min=60)
        assert (left.time_zone, left.utc_offset_min) == (None, 60)
        with statements() as seen:
            await set_utc_offset(tx, caller, offset_min=60)
        assert not any(statement.startswith("UPDATE") for statement in seen)


async def test_local_time_follows_zone_then_offset(db: Database, ada: User) -> None:
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    caller = person(ada)
    assert local_now(ada, summer).hour == 22
    async with db.begin() as tx:
        paris = await set_profile(tx, caller, time_zone="Europe/Paris")
        assert local_now(paris, summer).isoformat() == "2026-07-02T00:30:00+02:00"
        india = await set_utc_offset(tx, caller, offset_min=330)
        assert local_now(india, summer).isoformat() == "2026-07-02T04:00:00+05:30"


async def test_terms_onboarding_and_goal_are_kept(
    db: Database, ada: User, clock: FrozenClock
) -> None:
    caller = person(ada)
    signed = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with db.begin() as tx:
        await accept_terms(tx, caller, at=signed)
        await present_onboarding(tx, caller)
        user = await set_goal(tx, caller, goal=" write less\x00 ")
    assert user.terms_accepted_at == signed
    assert user.onboarding_presented_at == clock.now()
    assert user.goal == "write less"


async def test_a_category_fills_only_what_is_missing(db: Database, ada: User) -> None:
    async with db.begin() as tx:
        await set_goal(tx, person(ada), goal="mine")
        await choose_category(tx, user_id=ada.user_id, product_category_id=7, goal="theirs")
        user = await get_user(tx, user_id=ada.user_id)
        assert (user.goal, user.product_category_id) == ("mine", 7)
        await choose_category(tx, user_id=ada.user_id, product_category_id=8, goal="theirs")
        assert (await get_user(tx, user_id=ada.user_id)).product_category_id == 7


@given(st.text(max_size=300))
def test_an_email_is_folded_once_and_for_all(text: str) -> None:
    email = find_email(text)
    if email is not None:
        assert find_email(email) == email
        assert email.isprintable() or not email.isascii()
        assert not set(email) & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ \x00")


@given(st.emails())
def test_ordinary_emails_are_taken(email: str) -> None:
    assert decode_email(email.upper()) == decode_email(email.lower())


@given(st.text(max_size=8))
def test_a_language_is_two_or_five_letters(text: str) -> None:
    try:
        code = decode_language(text)
    except InvalidLanguage:
        return
    assert len(code) in (2, 5)
    assert decode_language(code) == code
