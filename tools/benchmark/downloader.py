# Downloads a path again and again over one connection. Each call takes little and gives the core back, as clients do
# that read what comes: one that takes megabytes in a call of the kernel keeps the core from the good clients beside it.
# Usage: downloader.py HOST:PORT PATH LENGTH SECONDS; "ready" when the first answer has begun, then what came, as JSON.
import json
import socket
import struct
import sys
import time

PIECE = 64 << 10
PATIENCE = 10  # seconds in which something must come


def received(connection, buffer):
    try:
        count = connection.recv_into(buffer)
    except BlockingIOError:
        sys.exit(f"nothing came of a download for {PATIENCE} s")
    if count == 0:
        sys.exit("the server closed the connection of a download")
    return count


def begin(connection, buffer, request, length):
    """Asks, and takes the head of the answer: its bytes, and those of the body that came with it."""
    connection.sendall(request)
    came = b""
    while b"\r\n\r\n" not in came:
        came += buffer[:received(connection, buffer)]
    head, _, body = came.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").lower().split("\r\n")
    if not status.startswith("http/1.1 200"):
        sys.exit(f"the answer to a download is {status}")
    if f"content-length: {length}" not in fields:
        sys.exit(f"the answer to a download has no Content-Length of {length}: {', '.join(fields)}")
    return len(head) + 4, len(body)


def download(connection, request, length, seconds):
    total = answers = 0
    buffer = memoryview(bytearray(PIECE))
    started = time.monotonic()
    end = started + seconds
    while time.monotonic() < end:
        head, body = begin(connection, buffer, request, length)
        total += head + body
        if answers == 0:
            print("ready", flush=True)
        while body < length and time.monotonic() < end:
            count = received(connection, buffer[:length - body])
            body, total = body + count, total + count
        answers += body == length
    return {"bytes": total, "answers": answers, "seconds": time.monotonic() - started}


def main(address, path, length, seconds):
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            # A timeout of Python's would be one more call of the kernel for each piece.
            connection.settimeout(None)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))
            request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
            print(json.dumps(download(connection, request, int(length), float(seconds))), flush=True)
    except OSError as error:
        sys.exit(f"a download broke off: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
