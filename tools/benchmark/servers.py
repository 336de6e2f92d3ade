# How each server is told the same: its configuration and its command. `offers` is what it can do of a Duty; what it
# cannot is left out of a case. One worker or loop for each; limits so high that none is met.
import json
import subprocess

from benchmark.duty import BODY
from benchmark.peers import PEERS

# secureheaders with the three that every server here is told to send.
THREE = {"hsts": "off", "permissions_policy": "off", "cross_origin_opener_policy": "off", "cross_origin_resource_policy": "off",
         "x_permitted_cross_domain_policies": "off",
         "csp": dict.fromkeys(("default-src", "object-src", "base-uri", "form-action", "frame-ancestors"), "off") |
         {"upgrade-insecure-requests": False}}


class Kirsch:
    """This server with one driver."""
    offers = {"fixed", "files", "echo", "upload", "sleep", "count", "websocket", "request_id", "log", "routes", "tls"}

    def __init__(self, driver):
        self.name, self.driver = driver, driver

    def command(self, duty, place):
        file = place.folder / "kirsch.yaml"
        # JSON is YAML, but in quotes `off` is a text.
        file.write_text(json.dumps(self.configuration(duty, place), indent=1).replace('"off"', "off") + "\n")
        return [str(place.build / "bin/kirsch"), "run", "-c", str(file)]

    def version(self, build):
        said = subprocess.run([build / "bin/kirsch", "version"], capture_output=True, text=True, check=False)
        return said.stdout.split("\n")[0].strip() or "kirsch"

    def configuration(self, duty, place):
        handlers = {"/": {"respond": {"body": BODY}}, "/files/": {"static": {"root": str(place.site)}},
                    "/echo": {"mirror": {}}, "/upload": {"swallow": {}}, "/sleep": {"nap": {"time": "5ms"}},
                    "/count": {"counting": {"body": BODY}}, "/ws": {"websocket": {"app": {"echo": {}}, "ping": "off"}},
                    "/room": {"websocket": {"app": {"parrot": {}}, "ping": "off"}}}
        wanted = {"fixed": ["/"], "files": ["/", "/files/"], "echo": ["/", "/echo"], "upload": ["/", "/upload"],
                  "sleep": ["/", "/sleep"], "count": ["/", "/count"], "websocket": ["/", "/ws", "/room"]}[duty.does]
        paths = {path: {"handler": handlers[path]} for path in wanted}
        if duty.does == "count":
            paths["/count"]["tools"] = {"sessions": {"storage": {"memory": {}}, "secure": "auto"}}
        paths |= {f"/r/{number}": {"handler": handlers["/"]} for number in range(duty.routes)}
        return {"version": "1",
                "plugins": {"path": [str(place.build / "plugins"), str(place.build / "fixtures")]},
                "engine": {"signals": {}},
                "server": {"loops": 1, "driver": self.driver, "workers": duty.workers, "control": "off",
                           "state": str(place.folder / "state"), "drain": "1s",
                           "limits": {"keep_alive_requests": 1_000_000_000, "keep_alive": "1h", "connections": 19_000,
                                      "body": "16MiB", "worker_queue": 20_000}},
                "listeners": {"web": {"bind": f"127.0.0.1:{place.port}"} | self.tls(duty, place)},
                "logs": {"access": {"to": str(place.folder / "access.log")}} if duty.log else {},
                "tools": self.tools(duty), "paths": paths}

    def tls(self, duty, place):
        if not duty.tls:
            return {}
        certificate, key = place.certificate(duty.tls)
        return {"tls": {"certificate": str(certificate), "private_key": str(key)}}

    def tools(self, duty):
        tools = {}
        if duty.headers:
            secure = {"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"}
            if secure & {name for name, _ in duty.headers}:
                tools["secureheaders"] = THREE
            others = {name: value for name, value in duty.headers if name not in secure}
            if others:
                tools["response_headers"] = {"set": others}
        if duty.request_id:
            tools["request_id"] = {}
        if duty.log:
            tools["accesslog"] = {}
        on = 6 - len(tools)
        for number in range(1, duty.tools - len(tools) + 1):
            tools[f"ballast_{number:02}"] = {"on": number <= on}
        return tools


SERVERS = {"uring": Kirsch("uring"), "epoll": Kirsch("epoll")} | {peer.name: peer for peer in PEERS}
OURS = ("uring", "epoll")
