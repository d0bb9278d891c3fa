"""What faces share: authentication to a Caller, one transaction per request, uploads, error words.

A face builds its application with routes of `EdgeRoute`, gives it an `Edge`, and speaks only of
`Person`, `Admin`, `Anyone` (who calls) and `RequestTx`, `RequestDb` (what the use case takes).
"""

from mojodex.faces.edge.access import (
    Access,
    Admin,
    AdminApart,
    Anyone,
    DeclaredRoute,
    Edge,
    EdgeRoute,
    Person,
    PersonApart,
    RequestDb,
    RequestTx,
    UndeclaredAccess,
    access_of,
    authenticate_connection,
    declared_routes,
    declares,
    edge_of,
    install_edge,
    refuse_foreign_origin,
)
from mojodex.faces.edge.addresses import client_address
from mojodex.faces.edge.bodies import BodyCap, NoStore
from mojodex.faces.edge.credentials import (
    LOGIN_COOKIE,
    Credentials,
    TokenForm,
    find_credentials,
    match_secret,
    read_cookie,
)
from mojodex.faces.edge.errors import (
    BodyTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchAddress,
    OriginRefused,
    SecretRefused,
    UploadEmpty,
    UploadTooLarge,
    UploadTypeRefused,
)
from mojodex.faces.edge.language import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    language_of_person,
    language_of_request,
    match_language,
    negotiate,
)
from mojodex.faces.edge.origins import OriginPolicy
from mojodex.faces.edge.texts import field_words, has_text, render_error, render_text
from mojodex.faces.edge.uploads import CheckedUpload, UploadKind, client_name, receive_upload

__all__ = [
    "DEFAULT_LANGUAGE",
    "LANGUAGES",
    "LOGIN_COOKIE",
    "Access",
    "Admin",
    "AdminApart",
    "Anyone",
    "BodyCap",
    "BodyTooLarge",
    "CheckedUpload",
    "Credentials",
    "DeclaredRoute",
    "Edge",
    "EdgeRoute",
    "InvalidRequest",
    "MethodNotAllowed",
    "NoStore",
    "NoSuchAddress",
    "OriginPolicy",
    "OriginRefused",
    "Person",
    "PersonApart",
    "RequestDb",
    "RequestTx",
    "SecretRefused",
    "TokenForm",
    "UndeclaredAccess",
    "UploadEmpty",
    "UploadKind",
    "UploadTooLarge",
    "UploadTypeRefused",
    "access_of",
    "authenticate_connection",
    "client_address",
    "client_name",
    "declared_routes",
    "declares",
    "edge_of",
    "field_words",
    "find_credentials",
    "has_text",
    "install_edge",
    "language_of_person",
    "language_of_request",
    "match_language",
    "match_secret",
    "negotiate",
    "read_cookie",
    "receive_upload",
    "refuse_foreign_origin",
    "render_error",
    "render_text",
]
