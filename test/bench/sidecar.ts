import { setTimeout as sleep } from "node:timers/promises";
import { withBusySidecar } from "./busy-machine.ts";
import { captureFrames } from "./capture-frames.ts";
import { brief, type Figure, type Section } from "./figure.ts";
import { type NodeChild, pidOf, startNodeChild } from "./node-child.ts";
import { cpuSeconds, residentMib } from "./proc-usage.ts";

const VIEWERS = [0, 1, 100] as const;
const SETTLE_MS = 10_000;
const MEASURE_MS = 30_000;
/** The kernel tells CPU time in hundredths of a second. */
const CPU_STEP_PERCENT = (10 / MEASURE_MS) * 100;
const MOST_RSS_MIB = 80;

interface Server {
  url: string;
  pid: number;
}

/** What the sidecar costs the machine it watches, beside a server that does nothing but send as much. */
export const sidecarSection: Section = async () => {
  const textBytes = await withBusySidecar(({ url }) => sampleTextBytes(url));
  const figures: Figure[] = [];
  const bare = await startNodeChild("bare-server.mjs", [String(textBytes)]);
  const measureAll = async (sidecar: Server) => {
    for (const count of VIEWERS) {
      const name = count === 0 ? "no viewer" : count === 1 ? "1 viewer" : `${count} viewers`;
      const [ours, theirs] = await watchedBy(count, [sidecar, { url: bare.line, pid: bare.pid }]);
      if (ours === undefined || theirs === undefined) throw new Error("a server was not measured");
      figures.push(
        { name: `CPU, ${name}`, value: ours.cpuPercent, unit: "% of a core", baseline: theirs.cpuPercent },
        { name: `RSS, ${name}`, value: ours.rssMib, unit: "MiB", aim: MOST_RSS_MIB, baseline: theirs.rssMib },
      );
    }
  };
  try {
    await withBusySidecar(({ url, child }) => measureAll({ url, pid: pidOf(child) }));
  } finally {
    await bare.end();
  }
  return {
    figures,
    notes: [
      "Sidecar process alone, without nvidia-smi; 8 GPUs; no viewer: a sample every 5 s, else every second.",
      `Baseline: bare Socket.IO server sending ${textBytes} characters once a second to as many viewers.`,
      `CPU is told in steps of ${brief(CPU_STEP_PERCENT)} %: a ratio to one or two of them says little.`,
    ],
  };
};

/** All servers in the same half minute, each with so many viewers: what else runs here disturbs them alike. */
async function watchedBy(count: number, servers: readonly Server[]) {
  const crowds: NodeChild[] = [];
  try {
    for (const { url } of servers) {
      if (count > 0) crowds.push(await startNodeChild("viewers.mjs", [url, String(count)]));
    }
    await sleep(SETTLE_MS);
    return await Promise.all(servers.map(({ pid }) => usage(pid)));
  } finally {
    for (const crowd of crowds) await crowd.end();
  }
}

async function usage(pid: number) {
  const cpuBefore = cpuSeconds(pid);
  const before = performance.now();
  await sleep(MEASURE_MS);
  const seconds = (performance.now() - before) / 1000;
  return { cpuPercent: ((cpuSeconds(pid) - cpuBefore) / seconds) * 100, rssMib: residentMib(pid) };
}

/** How long a text must be for a frame as long as a sample's. */
async function sampleTextBytes(url: string): Promise<number> {
  const frames = await captureFrames(url, 4000);
  const sample = frames.findLast(({ event }) => event === "turn");
  if (sample === undefined) throw new Error("no turn came");
  return sample.bytes - '42["sample",""]'.length;
}
