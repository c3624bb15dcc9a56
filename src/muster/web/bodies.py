"""Bodies of requests, read whole, within a size and a time."""

from __future__ import annotations

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from muster.web.server_settings import ServerSettings


async def read_body(request: Request, settings: ServerSettings, *, at_most: int) -> bytes:
    """The body. Raises where it is larger than `at_most` bytes, comes too slowly or never ends."""
    content = bytearray()
    try:
        with anyio.fail_after(settings.body_timeout_s):
            async for part in request.stream():
                content += part
                if len(content) > at_most:
                    raise HTTPException(413, f"more than {at_most} bytes")
    except TimeoutError as error:
        raise HTTPException(408, "the body came too slowly") from error
    except ClientDisconnect as error:
        raise HTTPException(400, "the body ended early") from error
    return bytes(content)
