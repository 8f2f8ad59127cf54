import { afterEach, expect, test } from "vitest";
import WebSocket from "ws";
import { HISTORY_WINDOW_MS } from "../../shared/history/row.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { residentMib } from "../bench/proc-usage.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** The system takes some 4 MB for a connection before anything waits with us: many figures, five times a second. */
const FLAGS = ["--source", "demo:64", "--interval", "200"];
const CROWD = 10;
/** What the sidecar may hold more for all of them; before they were cut off it grew without end. */
const MOST_GROWTH_MIB = 100;

let sidecar: RunningSidecar | undefined;
const sockets: WebSocket[] = [];
const timers: NodeJS.Timeout[] = [];
afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const socket of sockets.splice(0)) socket.terminate();
  await sidecar?.end();
});

/** A viewer that says that it lives, asks for ever more, and reads nothing after its hello. */
async function connectUnread(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}socket.io/?EIO=4&transport=websocket`);
  sockets.push(socket);
  socket.on("error", () => {});
  await new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const text = String(data);
      if (text.startsWith("0{")) socket.send(`40{"protocol":${PROTOCOL_VERSION},"historyMs":0}`);
      if (!text.startsWith('42["hello"')) return;
      socket.pause();
      resolve();
    });
  });
  let id = 0;
  const send = () => {
    socket.send("3");
    socket.send(`42${id++}["resume",{"sinceSeq":0,"historyMs":${HISTORY_WINDOW_MS}}]`);
  };
  timers.push(setInterval(send, 1000));
}

async function viewers(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}metrics`)).text();
  return Number(/_viewers (\d+)/.exec(metrics)?.[1]);
}

test("WIRE-10b viewers that never read are cut off, one that reads gets every turn, and memory stays", async () => {
  const running = await startSidecar(FLAGS);
  sidecar = running;
  const reader = connectPanel(running.url);
  await reader.hello();
  await waitUntil(() => reader.samples.length > 20, { what: "samples" });
  const before = residentMib(running.child.pid ?? 0);
  for (let i = 0; i < CROWD; i++) await connectUnread(running.url);
  expect(await viewers(running.url)).toBe(CROWD + 1);
  let most = before;
  await waitUntil(
    async () => {
      most = Math.max(most, residentMib(running.child.pid ?? 0));
      return (await viewers(running.url)) === 1;
    },
    { timeoutMs: 240_000, everyMs: 500, what: "the last one to be cut off" },
  );
  expect(most - before).toBeLessThan(MOST_GROWTH_MIB);
  const seqs = reader.samples.map(([seq]) => seq ?? 0);
  expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  reader.close();
}, 300_000);
