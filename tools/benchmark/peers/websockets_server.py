# The package websockets of Debian as a peer: sends messages back, to all who came to /room there. Usage: websockets_server.py PORT BODY
import asyncio
import http
import sys

import websockets

PORT, BODY = int(sys.argv[1]), sys.argv[2].encode()


ROOM = set()


async def answer(path, _headers):
    return None if path in ("/ws", "/room") else (http.HTTPStatus.OK, [("Content-Type", "text/plain")], BODY)


async def send_back(connection, path):
    if path == "/room":
        ROOM.add(connection)
    async for message in connection:
        if path == "/room":
            websockets.broadcast(ROOM, message)
        else:
            await connection.send(message)
    ROOM.discard(connection)


async def main():
    async with websockets.serve(send_back, "127.0.0.1", PORT, process_request=answer, compression=None, ping_interval=None,
                                backlog=4096):
        await asyncio.Future()


asyncio.run(main())
