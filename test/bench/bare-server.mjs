// Baseline for the sidecar: Socket.IO and nothing else, sending a text of as many bytes once a second.
import { createServer } from "node:http";
import { Server } from "socket.io";

const text = "x".repeat(Number(process.argv[2]));
const http = createServer();
const io = new Server(http, { serveClient: false });
setInterval(() => io.volatile.emit("sample", text), 1000);
http.listen(0, "127.0.0.1", () => {
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  process.stdout.write(`http://127.0.0.1:${port}/\n`);
});
