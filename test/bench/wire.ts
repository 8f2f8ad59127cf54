import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { TIMINGS } from "../../server/timings.ts";
import { GPU_COUNT, withBusySidecar } from "./busy-machine.ts";
import { captureFrames, type Frame } from "./capture-frames.ts";
import { brief, type Figure, median, type Section } from "./figure.ts";
import { type NodeChild, pidOf, startNodeChild } from "./node-child.ts";
import { cpuSeconds, residentMib } from "./proc-usage.ts";

const WATCH_MS = 40_000;
/** The first seconds are the hello and what nobody knew before. */
const SETTLE_MS = 5000;
const MOST_BYTES_PER_SECOND = 450;
const CROWD = 1000;
const RUNS = 3;
const RUN_MS = 10_000;
const MOST_RATIO = 1.5;
const MOST_RSS_MIB = 150;
const MOST_LOST_PERCENT = 0.1;

/** What goes over the wire to one viewer by kind of message, and what a thousand viewers cost. */
export const wireSection: Section = () =>
  withBusySidecar(async ({ url, child }) => {
    const frames = (await captureFrames(url, WATCH_MS)).filter(({ atMs }) => atMs > SETTLE_MS);
    const seconds = (WATCH_MS - SETTLE_MS) / 1000;
    const perSecond = (some: readonly Frame[]) => sum(some.map(onWire)) / seconds;
    const kinds = [...new Set(frames.map(({ event }) => event ?? "acknowledgements"))];
    const turns = frames.filter(({ event }) => event === "turn");
    return {
      figures: [
        { name: "all messages", value: perSecond(frames), unit: "B/s", aim: MOST_BYTES_PER_SECOND },
        ...kinds.map((kind) => ({
          name: kind,
          value: perSecond(frames.filter(({ event }) => (event ?? "acknowledgements") === kind)),
          unit: "B/s",
        })),
        ...(await crowdFigures(url, pidOf(child), mean(turns.map(({ bytes }) => bytes)))),
      ],
      notes: [
        `One viewer, ${GPU_COUNT} busy GPUs at 1 Hz, frame heads counted; ${turns.length} turns in ${seconds} s.`,
        ...partsOf(turns),
        `${CROWD} viewers: CPU above idle, median of ${RUNS} runs in turns with a bare ws broadcast of as many bytes.`,
      ],
    };
  });

const tallySchema = v.object({ got: v.pipe(v.number(), v.minValue(1)), missed: v.number() });

async function crowdFigures(url: string, pid: number, turnBytes: number): Promise<Figure[]> {
  const bare = await startNodeChild("bare-broadcast.mjs", [String(Math.round(turnBytes))]);
  const crowds: NodeChild[] = [];
  try {
    // After the last viewer has gone the full rate stays for a while.
    await sleep(TIMINGS.sampling.lingerMs + 1000);
    const idle = { ours: await cpuPercent(pid), theirs: await cpuPercent(bare.pid) };
    const address = `${url.replace("http", "ws")}socket.io/?EIO=4&transport=websocket`;
    const ours = await startNodeChild("crowd.mjs", [address, String(CROWD), "turns"]);
    crowds.push(ours);
    const theirs = await startNodeChild("crowd.mjs", [bare.line, String(CROWD)]);
    crowds.push(theirs);
    await sleep(SETTLE_MS);
    await ours.ask();
    const cpu: { ours: number; theirs: number }[] = [];
    for (let run = 0; run < RUNS; run++) {
      cpu.push({ ours: await cpuPercent(pid), theirs: await cpuPercent(bare.pid) });
    }
    const { got, missed } = v.parse(tallySchema, JSON.parse(await ours.ask()));
    const above = (whose: "ours" | "theirs") => median(cpu.map((run) => run[whose])) - idle[whose];
    return [
      {
        name: `${CROWD} viewers: turns that did not reach one`,
        value: (missed / (got + missed)) * 100,
        unit: "%",
        aim: MOST_LOST_PERCENT,
      },
      {
        name: `${CROWD} viewers: CPU above idle`,
        value: above("ours"),
        unit: "% of a core",
        aim: MOST_RATIO * above("theirs"),
        baseline: above("theirs"),
      },
      { name: `${CROWD} viewers: RSS`, value: residentMib(pid), unit: "MiB", aim: MOST_RSS_MIB },
    ];
  } finally {
    for (const crowd of crowds) await crowd.end();
    await bare.end();
  }
}

async function cpuPercent(pid: number): Promise<number> {
  const before = cpuSeconds(pid);
  const beganMs = performance.now();
  await sleep(RUN_MS);
  return ((cpuSeconds(pid) - before) / ((performance.now() - beganMs) / 1000)) * 100;
}

/** What the parts of the view take of the turns. */
function partsOf(turns: readonly Frame[]): string[] {
  const bytes = new Map<string, number>();
  for (const { text } of turns) {
    const [, , changes = {}] = JSON.parse(text.slice(2)) as [string, unknown, Record<string, unknown>?];
    for (const [part, change] of Object.entries(changes))
      bytes.set(part, (bytes.get(part) ?? 0) + JSON.stringify({ [part]: change }).length - 1);
  }
  const seconds = (WATCH_MS - SETTLE_MS) / 1000;
  return [...bytes].map(([part, all]) => `of it ${part}: ${brief(all / seconds)} B/s`);
}

/** A frame of a server has a head of 2 bytes, 4 from 126 bytes on. */
const onWire = ({ bytes }: Frame) => bytes + (bytes < 126 ? 2 : 4);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
