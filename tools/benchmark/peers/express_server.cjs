// Express with express-session in memory as a peer. Usage: node express_server.cjs PORT BODY [NAME=VALUE…]
const express = require("express");
const session = require("express-session");

const [port, body, ...fields] = process.argv.slice(2);
const headers = Object.fromEntries(fields.map((field) => field.split(/=(.*)/s).slice(0, 2)));
const site = express().disable("x-powered-by").disable("etag");

function text(response) {
  response.set(headers).type("text/plain").send(body);
}

site.get("/", (_request, response) => text(response));
// Its memory store is what its own documentation warns of in production; the comparison is about the tool around it.
site.use(session({ secret: "of the benchmark", resave: false, saveUninitialized: false }));
site.get("/count", (request, response) => {
  request.session.count = (request.session.count ?? 0) + 1;
  text(response);
});

const server = site.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
server.keepAliveTimeout = 0;
server.maxRequestsPerSocket = 0;
