// So many plain WebSocket viewers; prints "ready", and for every line on stdin how many texts each has got since.
import { createInterface } from "node:readline";
import WebSocket from "ws";

const [url, count, turns] = process.argv.slice(2);
const got = Array(Number(count)).fill(0);
for (let i = 0; i < got.length; i++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    if (turns === undefined) socket.once("open", resolve);
    socket.on("message", (data) => {
      const text = String(data.subarray(0, 12));
      if (text.startsWith("0{")) socket.send('40{"protocol":2,"historyMs":0}');
      else if (text === "2") socket.send("3");
      else if (text.startsWith('42["turn",[') || turns === undefined) got[i]++;
      if (text.startsWith("40{")) resolve();
    });
  });
}
process.stdout.write("ready\n");
createInterface(process.stdin).on("line", () => {
  process.stdout.write(`${JSON.stringify(got)}\n`);
  got.fill(0);
});
