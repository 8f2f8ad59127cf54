// So many plain WebSocket viewers; prints "ready", and for every line on stdin how many texts all have got since, and
// how many turns they missed by the numbers of the samples.
import { createInterface } from "node:readline";
import WebSocket from "ws";

const [url, count, turns] = process.argv.slice(2);
let [got, missed] = [0, 0];
const last = Array(Number(count)).fill(0);
for (let i = 0; i < last.length; i++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    if (turns === undefined) socket.once("open", resolve);
    socket.on("message", (data) => {
      const text = String(data.subarray(0, 24));
      if (text.startsWith("0{")) socket.send('40{"protocol":2,"historyMs":0}');
      else if (text === "2") socket.send("3");
      else if (turns === undefined) got++;
      const seq = Number(/^42\["turn",\[(\d+),/.exec(text)?.[1] ?? 0);
      if (seq > 0) {
        got++;
        if (last[i] > 0) missed += seq - last[i] - 1;
        last[i] = seq;
      }
      if (text.startsWith("40{")) resolve();
    });
  });
}
process.stdout.write("ready\n");
createInterface(process.stdin).on("line", () => {
  process.stdout.write(`${JSON.stringify({ got, missed })}\n`);
  [got, missed] = [0, 0];
});
