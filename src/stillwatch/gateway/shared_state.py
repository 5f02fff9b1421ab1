"""What several gateways must agree on: how fast an account asks, and when a match was first seen.

In memory by default, in Redis or Valkey where a URL is given. Rates are kept by the generic cell rate algorithm
(ITU-T I.371): one number a key, the time at which the key's allowance is whole again. Every call to Redis is
one script, has a short timeout, and after a failure none is made for a while, so that no request waits
for a server that is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from typing import Any, Protocol

from stillwatch.core import BadSetting, MissingDependency

__all__ = ["MemoryState", "RedisState", "SharedState", "SharedStateAway"]


# Times are sums of floats: who is early by less is in time, or rounding would refuse a first request.
_ROUNDING_SECONDS = 0.001


class SharedStateAway(Exception):
    """The shared state does not answer; it never leaves this package."""


class SharedState(Protocol):
    """What a gateway asks of its state."""

    async def take(self, key: str, per_minute: float, burst: float, cost: float = 1.0) -> float:
        """Take so much from an allowance: 0, or after how many seconds it can be asked for again.

        What costs more than the burst is let through when the allowance is whole, and is waited for afterwards.
        """
        ...

    async def first_seen(self, key: str) -> float:
        """When this key was first asked for, in seconds since 1970."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MemoryState:
    """State of one process.

    Args:
        most: keys that are remembered; the longest unused are forgotten.
    """

    def __init__(self, most: int = 200_000) -> None:
        self._whole_at: OrderedDict[str, float] = OrderedDict()
        self._first: OrderedDict[str, float] = OrderedDict()
        self._most = most

    async def take(self, key: str, per_minute: float, burst: float, cost: float = 1.0) -> float:
        """Take so much from an allowance: 0, or after how many seconds it can be asked for again.

        What costs more than the burst is let through when the allowance is whole, and is waited for afterwards.
        """
        now, gap = time.monotonic(), 60.0 / per_minute
        whole_at = max(self._whole_at.get(key, now), now)
        wait = whole_at - now - gap * (burst - min(cost, burst))
        if wait > _ROUNDING_SECONDS:
            return wait
        self._keep(self._whole_at, key, whole_at + gap * cost)
        return 0.0

    async def first_seen(self, key: str) -> float:
        """When this key was first asked for, in seconds since 1970."""
        return self._keep(self._first, key, self._first.get(key) or time.time())

    async def close(self) -> None:
        """Nothing to let go of."""

    def _keep(self, table: OrderedDict[str, float], key: str, value: float) -> float:
        table[key] = value
        table.move_to_end(key)
        if len(table) > self._most:
            table.popitem(last=False)
        return value


# Redis' own clock, so that gateways whose clocks differ agree. Where it was put back, or another server with another
# clock took over, what was written later than now would keep accounts out for as long: it moves with the clock.
_TAKE = f"""
local rounding = {_ROUNDING_SECONDS}
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local gap, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local said = redis.call('GET', KEYS[1]) or ''
local whole, at = string.match(said, '^(%S+) (%S+)$')
whole, at = tonumber(whole) or now, tonumber(at) or now
local put_back = math.max(at - now, 0)
whole = math.max(whole - put_back, now)
local wait = whole - now - gap * (burst - math.min(cost, burst))
local waits = wait > rounding
if not waits then whole = whole + gap * cost end
if put_back > 0 or not waits then
    local kept = string.format('%.6f %.6f', whole, now)
    redis.call('SET', KEYS[1], kept, 'PX', math.ceil((whole - now) * 1000) + 1000)
end
return waits and tostring(wait) or '0'
"""
# How long ago: of a time by Redis' clock a gateway whose own is late would say that it is to come.
_FIRST = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local first = tonumber(redis.call('GET', KEYS[1]) or '')
if not first then
    first = now
    redis.call('SET', KEYS[1], string.format('%.3f', now), 'EX', ARGV[1])
end
return tostring(math.max(now - first, 0))
"""
_LONGEST_WAIT_SECONDS = 400 * 86_400.0
_FIRST_SEEN_SECONDS = 90 * 86_400


class RedisState:
    """State shared by URL.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``.
        timeout: longest wait for one call, connecting included, in seconds.
        retry_after: how long it is left alone after a failure, in seconds.

    Raises:
        BadSetting: the URL cannot be read.
        MissingDependency: the package redis is not installed.
    """

    def __init__(self, url: str, *, timeout: float = 0.05, retry_after: float = 2.0) -> None:
        try:
            import redis.asyncio as redis  # noqa: PLC0415 - only those who share state need it
            from redis.exceptions import RedisError  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MissingDependency("shared state needs redis", hint="pip install 'stillwatch[gateway]'") from error
        # Whoever answers in another form than Redis is not the state either.
        odd = (ValueError, TypeError, LookupError, RecursionError)
        self._errors: tuple[type[BaseException], ...] = (RedisError, OSError, asyncio.TimeoutError, *odd)
        try:
            self._redis: Any = redis.Redis.from_url(
                url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None, decode_responses=True
            )
        except ValueError as error:
            raise BadSetting(f"the state's URL cannot be read: {error}", where="gateway setting state") from error
        self._take = self._redis.register_script(_TAKE)
        self._first = self._redis.register_script(_FIRST)
        self._timeout = timeout
        self._retry_after = retry_after
        self._leave_alone_until = 0.0

    async def take(self, key: str, per_minute: float, burst: float, cost: float = 1.0) -> float:
        """Take so much from an allowance: 0, or after how many seconds it can be asked for again.

        What costs more than the burst is let through when the allowance is whole, and is waited for afterwards.
        """
        call = self._take(keys=[f"stillwatch:allowance:{key}"], args=[60.0 / per_minute, burst, cost])
        return self._number(await self._asked(call), _LONGEST_WAIT_SECONDS)

    async def first_seen(self, key: str) -> float:
        """When this key was first asked for, in seconds since 1970."""
        call = self._first(keys=[f"stillwatch:seen:{key}"], args=[_FIRST_SEEN_SECONDS])
        return time.time() - self._number(await self._asked(call), _LONGEST_WAIT_SECONDS)

    async def close(self) -> None:
        """Let go of connections, whether or not the other end is there to hear of it."""
        with contextlib.suppress(*self._errors, asyncio.CancelledError):
            await self._redis.aclose()

    def _number(self, said: Any, most: float) -> float:
        """A number that may be true. Whoever answers otherwise is not the state."""
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            if 0 <= (number := float(said)) <= most:
                return number
        self._leave_alone_until = time.monotonic() + self._retry_after
        raise SharedStateAway(f"it answers {str(said)[:40]!r}")

    async def _asked(self, call: Any) -> Any:
        if time.monotonic() < self._leave_alone_until:
            call.close()
            raise SharedStateAway("left alone after a failure")
        try:
            return await asyncio.wait_for(call, self._timeout)
        except self._errors as error:
            self._leave_alone_until = time.monotonic() + self._retry_after
            raise SharedStateAway(str(error) or type(error).__name__) from None
