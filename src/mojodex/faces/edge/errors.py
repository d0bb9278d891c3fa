"""Failures that belong to no domain: the request itself is at fault."""

from typing import ClassVar

from mojodex.kit.errors import AppError, ErrorKind


class OriginRefused(AppError):
    """A cookie came with an unsafe request whose Origin is not ours."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "origin_refused"


class SecretRefused(AppError):
    """A route for one of our own services was called without that service's secret."""

    kind: ClassVar[ErrorKind] = ErrorKind.FORBIDDEN
    code: ClassVar[str] = "secret_refused"


class InvalidRequest(AppError):
    """The request cannot be read as what the route expects."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "invalid_request"


class BodyTooLarge(AppError):
    """The body is larger than the face accepts."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "body_too_large"


class NoSuchAddress(AppError):
    """No route has this path."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    code: ClassVar[str] = "no_such_address"


class MethodNotAllowed(AppError):
    """The path exists, but not with this method."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "method_not_allowed"


class UploadTooLarge(AppError):
    """A file is larger than allowed. Data: `name`, `limit_mb`."""

    kind: ClassVar[ErrorKind] = ErrorKind.TOO_LARGE
    code: ClassVar[str] = "upload_too_large"


class UploadEmpty(AppError):
    """A file without content. Data: `name`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "upload_empty"


class UploadTypeRefused(AppError):
    """What is in a file is not what the field takes, whatever it is called. Data: `name`."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    code: ClassVar[str] = "upload_type_refused"
