# CherryPy as a peer. Usage: cherry_server.py PORT THREADS BODY [NAME=VALUE…]
import pathlib
import sys
import time

import cherrypy

PORT, THREADS, BODY = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
HEADERS = [tuple(field.split("=", 1)) for field in sys.argv[4:]]


class Site:
    @cherrypy.expose
    def index(self):
        return BODY

    @cherrypy.expose
    def echo(self):
        cherrypy.response.headers["Content-Type"] = "application/octet-stream"
        return cherrypy.request.body.read()

    @cherrypy.expose
    def upload(self):
        while cherrypy.request.body.read(65536):
            pass
        return BODY

    @cherrypy.expose
    def count(self):
        cherrypy.session["n"] = cherrypy.session.get("n", 0) + 1
        return BODY

    @cherrypy.expose
    def sleep(self):
        time.sleep(0.005)
        return BODY


cherrypy.config.update({
    "environment": "production", "server.socket_host": "127.0.0.1", "server.socket_port": PORT,
    "server.thread_pool": THREADS, "server.socket_queue_size": 4096, "server.socket_timeout": 3600,
    "log.screen": False, "engine.autoreload.on": False})
cherrypy.quickstart(Site(), "/", {
    "/": {"tools.response_headers.on": bool(HEADERS), "tools.response_headers.headers": HEADERS,
          "response.headers.Content-Type": "text/plain; charset=utf-8"},
    "/count": {"tools.sessions.on": True, "tools.sessions.storage_class": cherrypy.lib.sessions.RamSession},
    "/files": {"tools.staticdir.on": True, "tools.staticdir.dir": str(pathlib.Path.cwd() / "files"),
               "tools.staticdir.content_types": {"": "application/octet-stream"}}})
