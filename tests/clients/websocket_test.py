# Independent WebSocket clients: the packages websockets and wsproto of Debian, plain and over TLS, with and without
# permessage-deflate in all its forms.
# Usage: websocket_test.py BUILD
import asyncio
import itertools
import pathlib
import random
import socket
import ssl
import sys
import unittest

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from wsproto import ConnectionType, WSConnection, events
from wsproto.extensions import PerMessageDeflate

from server import certify, folder_of, server_of

BUILD = pathlib.Path(sys.argv[1])
YAML = """version: 1
plugins: { path: ["%s/plugins"] }
engine: { signals: {} }
server: { loops: 2 }
listeners:
  plain: { bind: "127.0.0.1:0" }
  tls: { bind: "127.0.0.1:0", tls: { certificate: cert.pem, private_key: privkey.pem, certificate_chain: ca.pem } }
paths:
  /echo: { handler: { websocket: { app: { echo: {} } } } }
  /deflate: { handler: { websocket: { app: { echo: {} }, deflate: { threshold: 1 } } } }
  /context: { handler: { websocket: { app: { echo: {} }, deflate: { threshold: 1, context_takeover: true, window_bits: 15 } } } }
  /chat: { handler: { websocket: { app: { chat: {} }, deflate: {} } } }
"""
SHORT = ["", "x", "grüß Gott 🙂", "again " * 50, b"", bytes(range(256)), "again " * 50]
MESSAGES = [*SHORT, "y" * 65536, b"z" * 1048576, "again " * 50]


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        top = folder_of(cls)
        certify(BUILD, top)
        cls.server = server_of(cls, BUILD, YAML % BUILD, top)
        cls.port = int(cls.server.url.rsplit(":", 1)[1])
        cls.trusted = ssl.create_default_context(cafile=top / "ca.pem")

    def places(self, path):
        yield f"ws://127.0.0.1:{self.port}{path}", {}
        yield f"wss://localhost:{self.server.secure_port}{path}", {"ssl": self.trusted}

    async def talk(self, url, messages=MESSAGES, **options):
        async with websockets.connect(url, max_size=None, open_timeout=60, close_timeout=60, **options) as client:
            for message in messages:
                await client.send(message)
                self.assertEqual(await client.recv(), message)
            await client.send(["in ", "three ", "fragments"])
            self.assertEqual(await client.recv(), "in three fragments")
            await asyncio.wait_for(await client.ping(), 60)
        self.assertEqual(client.close_code, 1000)
        return client

    def test_websockets_without_compression(self):
        for url, options in self.places("/echo"):
            client = asyncio.run(self.talk(url, compression=None, **options))
            self.assertEqual(client.extensions, [])

    def test_websockets_with_every_form_of_compression(self):
        bits = [None, 9, 15]
        for path in ("/deflate", "/context"):
            url, options = next(self.places(path))
            for no_server, no_client, server, client in itertools.product([False, True], [False, True], bits, [*bits, True]):
                with self.subTest(path=path, no_server=no_server, no_client=no_client, server=server, client=client):
                    offer = ClientPerMessageDeflateFactory(no_server, no_client, server, client)
                    talked = asyncio.run(self.talk(url, SHORT, compression=None, extensions=[offer], **options))
                    self.assertEqual([one.name for one in talked.extensions], ["permessage-deflate"])
        for path in ("/deflate", "/context"):
            for url, options in self.places(path):
                talked = asyncio.run(self.talk(url, **options))
                self.assertEqual([one.name for one in talked.extensions], ["permessage-deflate"])

    def test_websockets_chats_in_a_crowd(self):
        async def crowd():
            url, _ = next(self.places("/chat"))
            guests = [await websockets.connect(f"{url}?name=g{number}", open_timeout=60) for number in range(20)]
            for number, guest in enumerate(guests):
                await guest.send(f"word {number} " + "with more behind it " * 20)
            for guest in guests:
                heard = set()
                while len(heard) < len(guests):
                    text = await asyncio.wait_for(guest.recv(), 60)
                    heard.update(number for number in range(20) if '"text":"word %d ' % number in text)
            for guest in guests:
                await guest.close()

        asyncio.run(crowd())

    def test_websockets_is_told_when_it_breaks_a_rule(self):
        async def broken():
            url, _ = next(self.places("/echo"))
            async with websockets.connect(url, compression=None, open_timeout=60) as client:
                await client.write_frame(True, 1, b"\xff")
                with self.assertRaises(websockets.ConnectionClosedError):
                    await client.recv()
            self.assertEqual(client.close_code, 1007)

        asyncio.run(broken())

    def wsproto_talks(self, path, secure, extensions):
        stream = socket.create_connection(("127.0.0.1", self.port if not secure else self.server.secure_port), timeout=60)
        if secure:
            stream = self.trusted.wrap_socket(stream, server_hostname="localhost")
        client = WSConnection(ConnectionType.CLIENT)
        random_pieces = random.Random(1)

        def send(*said):
            data = b"".join(client.send(event) for event in said)
            while data:  # in pieces of any size
                size = random_pieces.randint(1, 50_000)
                stream.sendall(data[:size])
                data = data[size:]

        seen = []

        def receive(kind):
            """The next event of that kind; others wait for their turn."""
            while not any(isinstance(event, kind) for event in seen):
                client.receive_data(stream.recv(random_pieces.randint(1, 50_000)) or None)
                seen.extend(client.events())
            return seen.pop(next(place for place, event in enumerate(seen) if isinstance(event, kind)))

        def receive_message(kind):
            parts = [receive(kind)]
            while not parts[-1].message_finished:
                parts.append(receive(kind))
            return parts[0].data[:0].join(part.data for part in parts)

        with stream:
            send(events.Request(host="localhost", target=path, extensions=extensions))
            receive(events.AcceptConnection)
            for message in MESSAGES:
                if message in ("", b""):
                    continue  # wsproto makes no event of an empty message
                kind = events.TextMessage if isinstance(message, str) else events.BytesMessage
                half = len(message) // 2
                send(kind(data=message[:half], message_finished=False), events.Ping(b"between"),
                     kind(data=message[half:], message_finished=True))
                receive(events.Pong)
                self.assertEqual(receive_message(kind), message)
            send(events.CloseConnection(code=3001, reason="enough"))
            self.assertEqual(receive(events.CloseConnection).code, 3001)

    def test_wsproto(self):
        for secure in (False, True):
            self.wsproto_talks("/echo", secure, [])
            for path in ("/deflate", "/context"):
                for options in ({}, {"client_no_context_takeover": True, "server_no_context_takeover": True},
                                {"client_max_window_bits": 10, "server_max_window_bits": 9}):
                    with self.subTest(secure=secure, path=path, options=options):
                        self.wsproto_talks(path, secure, [PerMessageDeflate(**options)])


unittest.main(argv=sys.argv[:1], verbosity=2)
