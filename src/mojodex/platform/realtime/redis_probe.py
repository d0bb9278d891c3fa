"""Whether a Redis answers and carries messages, for those who look for troubles."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

SECONDS = 5.0


async def find_redis_fault(url: str) -> str | None:
    """Why Redis cannot be used, in its own words; None when it can.

    Publishing needs a right of its own, so a message goes to a channel that nobody hears.
    """
    client = Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    try:
        await client.publish("mojodex:probe", b"")
    except (RedisError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        await client.aclose()
    return None
