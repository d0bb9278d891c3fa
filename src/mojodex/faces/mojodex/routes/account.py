"""Logging in, languages, time zone, onboarding, purchases."""

from mojodex.domains.identity import (
    get_user,
    log_in,
    set_language,
    set_utc_offset,
)
from mojodex.domains.purchases import (
    current_purchases,
    last_expired_purchases,
    purchasable_products,
)
from mojodex.faces.mojodex.bodies import (
    LanguageBody,
    LoginBody,
    OnboardingBody,
    PurchaseListBody,
    SuccessBody,
)
from mojodex.faces.mojodex.encode.account import (
    encode_current_purchase,
    encode_expired_purchase,
    encode_login,
    encode_product,
)
from mojodex.faces.mojodex.errors import LogInFailed
from mojodex.faces.mojodex.labels import AVAILABLE_LANGUAGES, choose_labels, load_labels
from mojodex.faces.mojodex.routes.fields import DATETIME_BODY, DATETIME_QUERY
from mojodex.faces.mojodex.wire import (
    Authentication,
    Call,
    Outcome,
    Outside,
    Route,
    ValueKind,
    body,
    query,
)
from mojodex.kit.errors import ErrorKind
from mojodex.platform.db import Database, Tx

OFFERED_METHOD = "email_password"
CREDENTIALS = (
    "password",
    "google_token",
    "microsoft_token",
    "apple_token",
    "apple_authorization_code",
)


async def log_in_by_password(db: Database, call: Call) -> LoginBody:
    """The other methods need a provider, and none is offered: they answer like a bad request."""
    values = call.values
    if values.text("login_method") != OFFERED_METHOD:
        raise LogInFailed()
    if not any(values.has(name) for name in CREDENTIALS):
        raise LogInFailed()
    logged_in = await log_in(
        db,
        email=values.text("email"),
        password=values.find_text("password") or "",
        client=f"Mojodex {values.find_text('platform') or 'CLI'}",
        address=call.address,
        is_demo_allowed=call.is_demo_allowed,
    )
    return encode_login(logged_in)


async def read_labels(db: Database, call: Call) -> LanguageBody:
    code = choose_labels(call.values.text("language_code"))
    return LanguageBody(
        available_languages=dict(AVAILABLE_LANGUAGES), language_json_file=load_labels(code)
    )


async def change_language(tx: Tx, call: Call) -> SuccessBody:
    await set_language(tx, call.caller, language_code=call.values.text("language_code"))
    return SuccessBody(success="ok")


async def change_time_zone(tx: Tx, call: Call) -> SuccessBody:
    """The wire counts UTC minus local time, as JavaScript does."""
    await set_utc_offset(tx, call.caller, offset_min=-call.values.integer("timezone_offset"))
    return SuccessBody(success="ok")


async def read_onboarding(tx: Tx, call: Call) -> OnboardingBody:
    user = await get_user(tx, user_id=call.caller.require_user())
    return OnboardingBody(onboarding_presented=user.onboarding_presented_at is not None)


async def read_purchases(tx: Tx, call: Call) -> PurchaseListBody:
    current = await current_purchases(tx, call.caller)
    expired = await last_expired_purchases(tx, call.caller)
    products = await purchasable_products(tx, call.caller)
    return PurchaseListBody(
        current_purchases=[encode_current_purchase(purchase) for purchase in current],
        last_expired_purchase=[encode_expired_purchase(purchase) for purchase in expired],
        purchasable_products=[encode_product(product) for product in products],
    )


REFUSED = {kind: Outcome(400) for kind in (ErrorKind.UNAUTHENTICATED, ErrorKind.NOT_FOUND)}

ACCOUNT_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/user",
        purpose="Log in with e-mail and password, and get a token",
        authentication=Authentication.NONE,
        parameters=(
            DATETIME_BODY,
            body(name="email", is_required=True),
            body(name="login_method", is_required=True, choices=(OFFERED_METHOD,)),
            body(name="version", default="0.0.0"),
            *(body(name=name) for name in CREDENTIALS),
        ),
        answers=(LoginBody,),
        use=Outside(log_in_by_password),
        outcomes=REFUSED,
    ),
    Route(
        method="GET",
        path="/language",
        purpose="Labels of the clients in a language, before anybody logs in",
        authentication=Authentication.NONE,
        parameters=(DATETIME_QUERY, query(name="language_code", is_required=True)),
        answers=(LanguageBody,),
        use=Outside(read_labels),
    ),
    Route(
        method="POST",
        path="/language",
        purpose="Choose the language of texts and labels",
        parameters=(DATETIME_BODY, body(name="language_code", is_required=True)),
        answers=(SuccessBody,),
        use=change_language,
    ),
    Route(
        method="POST",
        path="/timezone",
        purpose="Tell how far local time is from UTC",
        parameters=(
            DATETIME_BODY,
            body(
                name="timezone_offset",
                kind=ValueKind.INTEGER,
                is_required=True,
                description="Minutes, UTC minus local time; may be text.",
            ),
        ),
        answers=(SuccessBody,),
        use=change_time_zone,
    ),
    Route(
        method="GET",
        path="/onboarding",
        purpose="Whether the onboarding was shown",
        parameters=(DATETIME_QUERY,),
        answers=(OnboardingBody,),
        use=read_onboarding,
    ),
    Route(
        method="GET",
        path="/purchase",
        purpose="What the person holds, held, and could buy",
        parameters=(DATETIME_QUERY,),
        answers=(PurchaseListBody,),
        use=read_purchases,
        outcomes={ErrorKind.NOT_FOUND: Outcome(400)},
    ),
)
