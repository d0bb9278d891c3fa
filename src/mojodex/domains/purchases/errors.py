"""Failures of purchases. The edge has the words."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class NoPurchase(AppError):
    """No active purchase gives this task, or every one that does is used up or over."""

    kind: ClassVar[ErrorKind] = ErrorKind.PAYMENT_REQUIRED
    code: ClassVar[str] = "no_purchase"


class UserTaskNotFound(AppError):
    """The person never had this task."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "user_task_not_found"


class PurchaseNotFound(AppError):
    """No such purchase."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "purchase_not_found"


class ProductNotFound(AppError):
    """No such product."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "product_not_found"


class CategoryNotFound(AppError):
    """No such category."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "category_not_found"


class LabelTaken(AppError):
    """Another product or category has this label or shop id. Data: `kind_of_row`, `label`."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "label_taken"


class TaskAlreadyAssociated(AppError):
    """The product already gives this task."""

    kind: ClassVar[ErrorKind] = ErrorKind.CONFLICT
    code: ClassVar[str] = "task_already_associated"


class CustomPurchaseIdRequired(AppError):
    """A product that is not free is given by hand only with a reference of the sale."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "custom_purchase_id_required"


class InvalidProduct(AppError):
    """A field of a product or category breaks its rule. Data: `field`, `reason`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_product"
