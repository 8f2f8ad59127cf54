// Baseline for a turn: a bare WebSocket server that sends a text of as many bytes to everybody once a second.
import { WebSocketServer } from "ws";

const text = "x".repeat(Number(process.argv[2]));
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
setInterval(() => {
  for (const client of server.clients) client.send(text);
}, 1000);
server.on("listening", () => process.stdout.write(`ws://127.0.0.1:${server.address().port}/\n`));
