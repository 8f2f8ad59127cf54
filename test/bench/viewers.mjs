// So many viewers of the sidecar at an address, until this process is ended.
import { io } from "socket.io-client";

const [url, count] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const socket = io(url, { transports: ["websocket"], forceNew: true, auth: { protocol: 2 } });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}
process.stdout.write("ready\n");
