"""Log-ins and purchases."""

from mojodex.domains.identity import LoggedIn
from mojodex.domains.purchases import OwnedPurchase, PurchasableProduct
from mojodex.faces.mojodex.bodies import (
    CurrentPurchaseBody,
    ExpiredPurchaseBody,
    LoginBody,
    PurchasableProductBody,
)


def encode_login(logged_in: LoggedIn) -> LoginBody:
    """The name is never null, which stops the mobile app, and has no colon, at which the CLI
    splits the line in which it keeps its log-in."""
    user = logged_in.user
    return LoginBody(
        token=logged_in.token,
        language_code=user.language_code,
        name=(user.name or "").replace(":", " "),
        terms_and_conditions_agreed=user.terms_accepted_at is not None,
        company_fk=user.company_id,
    )


def encode_current_purchase(purchase: OwnedPurchase) -> CurrentPurchaseBody:
    return CurrentPurchaseBody(
        product_name=purchase.product_name,
        remaining_days=purchase.remaining_days,
        n_validity_days=purchase.n_days_validity,
        n_tasks_limit=purchase.n_tasks_limit,
        n_tasks_consumed=purchase.n_tasks_consumed,
        tasks=list(purchase.task_names),
        is_free_product=purchase.is_free,
    )


def encode_expired_purchase(purchase: OwnedPurchase) -> ExpiredPurchaseBody:
    return ExpiredPurchaseBody(
        product_name=purchase.product_name,
        tasks=list(purchase.task_names),
        remaining_days=purchase.remaining_days,
        n_tasks_limit=purchase.n_tasks_limit,
        n_days_validity=purchase.n_days_validity,
        is_free_product=purchase.is_free,
        n_tasks_consumed=purchase.n_tasks_consumed,
    )


def encode_product(product: PurchasableProduct) -> PurchasableProductBody:
    return PurchasableProductBody(
        product_pk=product.product_id,
        name=product.name,
        product_stripe_id=product.product_stripe_id,
        product_apple_id=product.product_apple_id,
        n_days_validity=product.n_days_validity,
        n_tasks_limit=product.n_tasks_limit,
        stripe_price=product.price,
        tasks=list(product.task_names),
    )
