# The cases. One is data: a Duty for all servers, the request, the load, and which servers take part. See README.md.
import dataclasses

from benchmark.duty import Duty

SECURE = (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"))
BROWSER = (("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
           ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
           ("Accept-Language", "en-GB,en;q=0.7,de;q=0.3"), ("Accept-Encoding", "gzip, deflate, br"),
           ("Referer", "https://www.example.org/products/overview?page=3&order=price"),
           ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark; consent=" + "a" * 120),
           ("Upgrade-Insecure-Requests", "1"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"),
           ("Sec-Fetch-Site", "same-origin"))
PIPELINE = Duty(headers=(*SECURE, ("X-Served-By", "bench")), request_id=True, log=True, tools=20)
TLS = (("tls", "1.3"),)
CLOSE = (("Connection", "close"),)
FLOOR = ("floor uring", "floor epoll")
ALL = ("nginx", "h2o", "lighttpd", "apache", "haproxy", "node", "poco", "cherrypy", *FLOOR)
UPGRADE = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
           ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))
WEBSOCKETS = ("ws", "websockets")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    sentence: str
    duty: Duty = Duty()
    peers: tuple = ()             # names, or (label, name, Duty) where one has another duty than ours
    method: str = "GET"
    path: str = "/"
    headers: tuple = ()           # of the request
    body: int = 0                 # bytes of the request's
    size: int = 13                # bytes of each answer's; another count is an error
    load: tuple = ()              # (option of kirsch-load, value)
    rate: bool = False            # also latency at 70 % of what nginx reached
    calls: bool = False           # also system calls per request
    kind: str = "pairs"           # or idle, crowd, fair, records, broadcast: see special.py
    ideal: float = 0              # requests per second that are possible, where that is known
    beside: str = ""              # kind fair: who is greedy


CASES = {case.name: case for case in (
    Case("bare", "13 bytes, keep-alive", peers=ALL, rate=True, calls=True),
    Case("secureheaders", "the same with three security headers", Duty(headers=SECURE),
         ("nginx", "h2o", "lighttpd", "apache", "haproxy")),
    Case("pipeline", "secureheaders, response_headers, request_id, log to a file, 20 tools of which 6 are on", PIPELINE,
         (("nginx bare", "nginx", Duty()), ("nginx same", "nginx", PIPELINE), ("apache same", "apache", PIPELINE)), rate=True,
         calls=True),
    Case("browser", "13 bytes for a request of 11 header fields, 600 bytes", Duty(), ("nginx", "h2o"), headers=BROWSER),
    Case("static-1k", "a file of 1 KiB", Duty("files"),
         ("nginx", ("nginx cached", "nginx", Duty("files", cached_files=True)), "h2o", "lighttpd", "apache", "node", "poco", *FLOOR),
         path="/files/1k", size=1 << 10),
    Case("static-64k", "a file of 64 KiB", Duty("files"), ("nginx", "h2o", "lighttpd", "apache"),
         path="/files/64k", size=64 << 10),
    Case("static-1m", "a file of 1 MiB", Duty("files"), ("nginx", "h2o", "lighttpd"), path="/files/1m", size=1 << 20,
         load=(("connections", 16),)),
    Case("counting", "a counter in a session in memory, one more with each request; all clients are one", Duty("count"),
         (("uring bare", "uring", Duty()), ("epoll bare", "epoll", Duty()), "express", "cherrypy"), path="/count"),
    Case("sessions-1m", "1,000,000 sessions in memory, 100 bytes each: their size, a lookup in random order, their expiry",
         kind="records"),
    Case("echo-1k", "POST of 1 KiB, sent back", Duty("echo"), ("node", "poco", "cherrypy"), "POST", "/echo", body=1 << 10,
         size=1 << 10),
    Case("upload-1m", "POST of 1 MiB, taken as it arrives and dropped", Duty("upload"), ("nginx", "node", "poco"), "POST",
         "/upload", body=1 << 20, load=(("connections", 16),)),
    Case("routes-10k", "one of 10,000 exact paths", Duty(routes=10_000), ("nginx", "haproxy"), path="/r/7777"),
    Case("churn", "a connection for each request", Duty(closes=True), ("nginx", "h2o", "lighttpd", "haproxy", *FLOOR),
         headers=(("Connection", "close"),), load=(("fresh", True),)),
    Case("pipelined", "16 requests at once per connection", Duty(), ("nginx", "h2o", "lighttpd"), load=(("depth", 16),)),
    Case("blocking", "a handler that sleeps 5 ms on one of 16 workers", Duty("sleep", workers=16), ("cherrypy",),
         path="/sleep", size=None, ideal=16 / 0.005),
    Case("idle", "10,000 connections that asked once: memory of each", Duty(), ("nginx", "h2o", "lighttpd", "node"), kind="idle"),
    Case("tls", "13 bytes over TLS 1.3, keep-alive, ECDSA", Duty(tls="ecdsa"), ("nginx", *FLOOR), load=TLS, rate=True, calls=True),
    Case("tls-ecdsa", "a TLS 1.3 connection for each request: full handshakes, ECDSA P-256", Duty(tls="ecdsa"), ("nginx",),
         headers=CLOSE, load=(*TLS, ("fresh", True))),
    Case("tls-rsa", "the same with RSA-2048", Duty(tls="rsa"), ("nginx",), headers=CLOSE, load=(*TLS, ("fresh", True))),
    Case("tls-resumed", "the same resumed by a ticket, ECDSA", Duty(tls="ecdsa"), ("nginx",), headers=CLOSE,
         load=(*TLS, ("fresh", True), ("resume", True))),
    Case("tls-resumed-1.2", "resumed with TLS 1.2", Duty(tls="ecdsa"), ("nginx",), headers=CLOSE,
         load=(("tls", "1.2"), ("fresh", True), ("resume", True))),
    Case("tls-idle", "2,000 TLS connections that asked once: memory of each", Duty(tls="ecdsa"), ("nginx",), kind="idle",
         load=TLS),
    Case("tls-crowd", "1,000 clients that say nothing or dribble their ClientHello beside good ones", Duty(tls="ecdsa"), ("nginx",),
         kind="crowd", load=TLS),
    Case("websocket-125", "messages of 125 bytes, sent back over WebSocket", Duty("websocket"), WEBSOCKETS, path="/ws", body=125,
         size=125, rate=True, calls=True),
    Case("websocket-16k", "messages of 16 KiB, sent back over WebSocket", Duty("websocket"), WEBSOCKETS, path="/ws",
         body=16 << 10, size=16 << 10),
    Case("websocket-idle", "10,000 WebSocket connections: memory of each", Duty("websocket"), WEBSOCKETS, path="/ws", body=125,
         size=125, kind="idle"),
    Case("websocket-broadcast", "a message of 1 KiB to each of 10,000 WebSocket connections", Duty("websocket"), WEBSOCKETS,
         path="/room", body=1 << 10, size=1 << 10, kind="broadcast"),
    Case("fair-pipeliner", "one connection that pipelines without end beside good clients", Duty(), ("nginx", "h2o"),
         kind="fair", beside="pipeliner"),
    Case("fair-download", "one that downloads 1 GiB again and again beside good clients", Duty("files"), ("nginx", "h2o"),
         path="/", kind="fair", beside="downloader"),
)}


def lines(case):
    """label → (server's name, duty), ours first."""
    peers = [peer if isinstance(peer, tuple) else (peer, peer, case.duty) for peer in case.peers]
    return {name: (name, case.duty) for name in ("uring", "epoll")} | {label: (name, duty) for label, name, duty in peers}
