# The servers of others, as Debian brings them.
import json
import os
import pathlib
import re
import shutil
import subprocess

from benchmark.duty import BODY, FILES

HERE = pathlib.Path(__file__).resolve().parent / "peers"
TEXT = "text/plain; charset=utf-8"
# Those of this server, in its order.
TLS_SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
              "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")
TLS_1_3_SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"


def as_root():
    """Then they would give their rights up, and not read what lies in a folder of root's."""
    return os.geteuid() == 0


class Peer:
    name = program = ""
    offers = set()
    version_option = "-v"

    def obstacle(self, _build):
        return None if shutil.which(self.program) else f"{self.program} is not installed: tools/setup --bench"

    def command(self, duty, place):
        file = place.folder / f"{self.program}.conf"
        file.write_text("\n".join(line for line in self.lines(duty, place) if line) + "\n")
        return [shutil.which(self.program), *(str(word) for word in self.arguments(file))]

    def version(self, _build):
        said = subprocess.run([shutil.which(self.program), self.version_option], capture_output=True, text=True, check=False)
        found = re.search(r"\d+\.\d+[\w.+~-]*", said.stdout + said.stderr)
        return f"{self.name} {found[0]}" if found else self.name


class Nginx(Peer):
    name = program = "nginx"
    offers = {"fixed", "files", "upload", "request_id", "log", "routes", "cached_files", "tls"}

    def arguments(self, file):
        return ["-e", file.parent / "error.log", "-c", file]

    def lines(self, duty, place):
        fixed = f'return 200 "{BODY}";'
        yield "user root;" if as_root() else ""
        yield "master_process off;" if duty.alone else ""
        yield f"worker_processes 1; daemon off; pid {place.folder}/pid; worker_rlimit_nofile 20000;"
        yield "events { worker_connections 19500; }"
        yield "http {"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            yield f"{kind}_temp_path {place.folder}/{kind};"
        yield f'default_type "{TEXT}"; sendfile on; tcp_nopush on; client_max_body_size 16m;'
        yield "keepalive_timeout 3600s; keepalive_requests 1000000000; client_header_timeout 3600s;"
        yield f"access_log {place.folder}/access.log combined buffer=64k flush=1s;" if duty.log else "access_log off;"
        yield "open_file_cache max=1000 inactive=60s;" if duty.cached_files else ""
        yield f"server {{ listen 127.0.0.1:{place.port} backlog=4096{' ssl' if duty.tls else ''}; root {place.site};"
        if duty.tls:
            certificate, key = place.certificate(duty.tls)
            yield f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;"
            yield f"ssl_ciphers {TLS_SUITES}; ssl_prefer_server_ciphers on; ssl_conf_command Ciphersuites {TLS_1_3_SUITES};"
            yield "ssl_ecdh_curve X25519:prime256v1:secp384r1; ssl_session_cache off; ssl_session_tickets on;"
            yield "ssl_conf_command NumTickets 1; ssl_session_timeout 12h;"
        for name, value in duty.headers:
            yield f'add_header {name} "{value}" always;'
        yield "add_header X-Request-Id $request_id always;" if duty.request_id else ""
        yield f"location / {{ {fixed} }}"
        yield "location /files/ { }" if duty.does == "files" else ""
        for number in range(duty.routes):
            yield f"location = /r/{number} {{ {fixed} }}"
        yield "} }"


class H2o(Peer):
    name = program = "h2o"
    offers = {"fixed", "files", "log"}

    def arguments(self, file):
        return ["-m", "worker", "-c", file]

    def lines(self, duty, place):
        yield "user: root" if as_root() else ""
        yield "num-threads: 1\nmax-connections: 19000\nlimit-request-body: 16777216"
        yield "http1-request-timeout: 3600\nfile.etag: OFF" if duty.does == "fixed" else "http1-request-timeout: 3600"
        yield f"listen: {{ host: 127.0.0.1, port: {place.port} }}"
        yield f"access-log: {place.folder}/access.log" if duty.log else ""
        headers = "".join(f'\n        - header.set: "{name}: {value}"' for name, value in duty.headers)
        yield "hosts:\n  default:\n    paths:"
        yield f'      "/files":\n        - file.dir: {place.site}/files{headers}'
        yield f'      "/":\n        - file.file: {place.site}/hello.txt{headers}'


class Lighttpd(Peer):
    name = program = "lighttpd"
    offers = {"fixed", "files", "log"}

    def arguments(self, file):
        return ["-D", "-f", file]

    def lines(self, duty, place):
        yield f'server.document-root = "{place.site}"\nserver.bind = "127.0.0.1"\nserver.port = {place.port}'
        yield f'server.errorlog = "{place.folder}/error.log"\nserver.upload-dirs = ( "{place.folder}" )'
        yield 'server.modules = ( "mod_setenv", "mod_accesslog" )\nindex-file.names = ( "hello.txt" )'
        yield f'mimetype.assign = ( ".txt" => "{TEXT}", "" => "application/octet-stream" )'
        yield "server.max-connections = 19000\nserver.max-fds = 20000\nserver.listen-backlog = 4096"
        yield "server.max-keep-alive-requests = 65535\nserver.max-keep-alive-idle = 3600\nserver.max-read-idle = 3600"
        yield 'static-file.etags = "disable"' if duty.does == "fixed" else ""
        yield f'accesslog.filename = "{place.folder}/access.log"' if duty.log else ""
        if duty.headers:
            yield "setenv.add-response-header = (" + ", ".join(f'"{name}" => "{value}"' for name, value in duty.headers) + ")"


class Apache(Peer):
    name, program = "apache", "apache2"
    offers = {"fixed", "files", "log", "request_id"}

    def arguments(self, file):
        return ["-D", "FOREGROUND", "-f", file]

    def lines(self, duty, place):
        modules = ["mpm_event", "authz_core", "dir", "mime", "headers"] + ["unique_id"] * duty.request_id
        for module in modules:
            yield f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"
        yield f"ServerRoot {place.folder}\nPidFile {place.folder}/pid\nErrorLog {place.folder}/error.log\nServerName localhost"
        yield f"Listen 127.0.0.1:{place.port}\nListenBacklog 4096\nTypesConfig /dev/null\nAddType \"{TEXT}\" .txt"
        yield "User www-data\nGroup www-data\nServerTokens Prod"
        yield "ServerLimit 1\nStartServers 1\nThreadLimit 128\nThreadsPerChild 128\nMaxRequestWorkers 128\nMinSpareThreads 1"
        # With no thread to spare it closes connections that are kept alive.
        yield "MaxSpareThreads 256\nAsyncRequestWorkerFactor 300\nMaxConnectionsPerChild 0"
        yield "KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 3600\nTimeout 3600\nEnableSendfile On"
        yield f"DocumentRoot {place.site}\nDirectoryIndex hello.txt\n<Directory />\nRequire all granted\n</Directory>"
        yield "FileETag None" if duty.does == "fixed" else ""
        for name, value in duty.headers:
            yield f'Header always set {name} "{value}"'
        yield 'Header always set X-Request-Id "%{UNIQUE_ID}e"' if duty.request_id else ""
        if duty.log:
            yield "BufferedLogs On"
            yield r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined'
            yield f"CustomLog {place.folder}/access.log combined"


class Haproxy(Peer):
    name = program = "haproxy"
    offers = {"fixed", "routes"}

    def arguments(self, file):
        return ["-db", "-f", file]

    def lines(self, duty, place):
        yield "global\n  nbthread 1\n  maxconn 9900\ndefaults\n  mode http\n  timeout client 1h\n  timeout http-keep-alive 1h"
        yield f"frontend web\n  bind 127.0.0.1:{place.port} backlog 4096"
        extra = "".join(f' hdr {name} "{value}"' for name, value in duty.headers)
        if duty.routes:
            (place.folder / "routes").write_text("".join(f"/r/{number}\n" for number in range(duty.routes)) + "/\n")
            yield f"  http-request deny status 404 unless {{ path -f {place.folder}/routes }}"
        yield f'  http-request return status 200 content-type "{TEXT}" string "{BODY}"{extra}'


class Program(Peer):
    """A server that is a library, with a small program of ours around it."""

    def command(self, duty, place):
        headers = [f"{name}={value}" for name, value in duty.headers]
        return [*(str(word) for word in self.words(duty, place)), *headers]


class Node(Program):
    name, program = "node", "node"
    offers = {"fixed", "files", "echo", "upload"}

    def words(self, _duty, place):
        return [shutil.which("node"), HERE / "node_server.mjs", place.port, BODY]


class OfNpm(Program):
    """Not in Debian, or not with what it needs: npm fetches the packages, as the lock file has them, into a folder of the build."""
    program, package = "node", ""

    @staticmethod
    def packages(build):
        return build / "bench-npm"

    @classmethod
    def fetch(cls, build):
        folder = cls.packages(build)
        if not (folder / "node_modules").exists() and shutil.which("npm"):
            shutil.copytree(HERE / "npm", folder, dirs_exist_ok=True)
            subprocess.run(["npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--silent"], check=False)

    def about(self, build):
        return self.packages(build) / "node_modules" / self.package / "package.json"

    def obstacle(self, build):
        return super().obstacle(build) or (None if self.about(build).exists() else f"{self.package} was not fetched with npm")

    def version(self, build):
        return f"{self.name} {json.loads(self.about(build).read_text())['version']}"

    # A program finds packages from where it stands.
    def words(self, _duty, place):
        program = shutil.copy(HERE / self.source, self.packages(place.build))
        return [shutil.which("node"), program, place.port, BODY]


class Express(OfNpm):
    name, package, source = "express", "express", "express_server.cjs"
    offers = {"fixed", "count"}


class Ws(OfNpm):
    name, package, source = "ws", "ws", "ws_server.mjs"
    offers = {"fixed", "websocket"}


class Python(Program):
    """A package of Debian for its Python; `name` is that of the module."""
    program = "/usr/bin/python3"
    package = ""

    def obstacle(self, _build):
        found = subprocess.run([self.program, "-c", f"import {self.name}"], capture_output=True, check=False).returncode == 0
        return None if found else f"{self.package} is not installed: tools/setup --bench"

    def version(self, _build):
        words = f"import importlib.metadata as m; print(m.version('{self.name}'))"
        said = subprocess.run([self.program, "-c", words], capture_output=True, text=True, check=False)
        return f"{self.name} {said.stdout.strip()}"


class CherryPy(Python):
    name, package = "cherrypy", "python3-cherrypy3"
    offers = {"fixed", "files", "echo", "upload", "sleep", "count"}

    def words(self, duty, place):
        return [self.program, HERE / "cherry_server.py", place.port, max(10, duty.workers), BODY]


class Poco(Program):
    name, program = "poco", "bench_poco"
    offers = {"fixed", "files", "echo", "upload", "sleep"}

    def obstacle(self, build):
        return None if (build / "bin" / self.program).exists() else "bench_poco is not built"

    # A connection holds a thread for its whole life, so there must be as many.
    def words(self, duty, place):
        return [place.build / "bin" / self.program, place.port, duty.workers if duty.does == "sleep" else 80, BODY]

    def version(self, _build):
        if not shutil.which("dpkg-query"):
            return "poco HTTPServer"
        said = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", "libpoco-dev"], capture_output=True,
                              text=True, check=False)
        return f"poco HTTPServer {said.stdout.strip()}"


class Floor(Program):
    """No server: what receiving and sending costs, with OpenSSL where there is TLS; of files, a KiB that is at hand."""
    program, offers = "bench_floor", {"fixed", "files", "tls"}

    def __init__(self, driver):
        self.name, self.driver = f"floor {driver}", driver

    def obstacle(self, build):
        return None if (build / "bin" / self.program).exists() else "bench_floor is not built"

    def words(self, duty, place):
        body = "x" * FILES["1k"] if duty.does == "files" else BODY
        return [place.build / "bin" / self.program, place.port, self.driver, body, *(["close"] * duty.closes),
                *(place.certificate(duty.tls) if duty.tls else ())]

    def version(self, _build):
        return self.name


class Websockets(Python):
    name, package = "websockets", "python3-websockets"
    offers = {"fixed", "websocket"}

    def words(self, _duty, place):
        return [self.program, HERE / "websockets_server.py", place.port, BODY]


PEERS = (Nginx(), H2o(), Lighttpd(), Apache(), Haproxy(), Node(), Express(), Poco(), CherryPy(), Websockets(), Ws(),
         Floor("uring"), Floor("epoll"))
