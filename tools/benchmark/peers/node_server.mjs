// Node's own HTTP server as a peer. Usage: node node_server.mjs PORT BODY [NAME=VALUE…]
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";

const [port, body, ...fields] = process.argv.slice(2);
const headers = fields.map((field) => field.split(/=(.*)/s).slice(0, 2));

function file(name, response) {
  response.setHeader("Content-Type", "application/octet-stream");
  response.setHeader("Content-Length", statSync(name).size);
  createReadStream(name).pipe(response);
}

function text(content, response) {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(content));
  response.end(content);
}

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  for (const [name, value] of headers) response.setHeader(name, value);
  if (request.url.startsWith("/files/")) return file(request.url.slice(1), response);
  if (request.url !== "/echo" && request.url !== "/upload") return text(body, response);
  const pieces = [];
  request.on("data", (piece) => request.url === "/echo" && pieces.push(piece));
  request.on("end", () => text(request.url === "/echo" ? Buffer.concat(pieces) : body, response));
});
server.maxRequestsPerSocket = 0;
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
