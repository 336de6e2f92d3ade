// The package ws of npm as a peer: sends messages back, to all who came to /room there. Usage: node ws_server.mjs PORT BODY
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [port, body] = process.argv.slice(2);
const server = createServer((request, response) => response.end(body));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket, request) => {
  const heard = () => (request.url === "/room" ? sockets.clients : [socket]);
  socket.on("message", (data, binary) => heard().forEach((one) => one.send(data, { binary })));
});
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
