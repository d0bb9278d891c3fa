"""Hashing of passwords, on threads of its own so that it never stalls the event loop.

Two threads: hashing is pure computation, and more of it at once than there are cores only makes
every log-in slower. The rest waits its turn in the executor.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mojodex.domains.identity.rules import MAX_PASSWORD_LENGTH

#: Argon2id with OWASP's parameters of 2025: 19 MiB, two passes, one lane; about 20 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")

#: The hash of a random text that nobody kept: what a stranger's password is compared with, so that
#: an unknown e-mail takes as long as a wrong password.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$rTMzlt3KBNC8pWAX484z+A"
    "$Eyxv5KLrulO/0GjtNu/UVTnnkAebYHhrec3Mjbs5Lj8"
)


def _encode(password: str) -> bytes:
    """No stored password is longer than the maximum, so a longer one is cut and still differs."""
    return password[: MAX_PASSWORD_LENGTH + 1].encode("utf-8", "surrogatepass")


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _NOBODY, _encode(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


async def hash_password(*, password: str) -> str:
    """What is stored of a password."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hasher.hash, _encode(password))


async def verify_password(*, stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; takes the same time when none is stored."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, stored, password)


def is_outdated(stored: str) -> bool:
    """Whether a stored hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)
