import { readFileSync } from "node:fs";
import { io, type Socket } from "socket.io-client";
import type { Entry } from "../../server/group/entry.ts";
import { seal } from "../../server/group/entry.ts";
import { type FakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import type { RedisServer } from "../helpers/redis-server.ts";
import type { RunningSidecar } from "../helpers/sidecar.ts";
import { pidOf } from "./node-child.ts";

export const GPUS = 4;
export const GROUP = "soak";
export const SECRET = "a secret for the soak alone";
const VIEWERS = 12;
const FIRST_PID = 4_000_100;

export interface Around {
  redis: RedisServer;
  fake: FakeNvidiaSmi;
  hookUrl: string;
  a: RunningSidecar;
  b: RunningSidecar;
}

/** What happens around the sidecars with the sample of this number; nothing waits for it. Names are new each time. */
export function createTraffic({ redis, fake, hookUrl, a, b }: Around) {
  const viewers: Socket[] = [];

  function viewer() {
    if (viewers.length >= VIEWERS) viewers.shift()?.disconnect();
    const socket = connect(a.url);
    socket.on("connect", () => socket.emit("group-overview", { profile: null }, () => {}));
    viewers.push(socket);
  }

  /** Processes of other numbers and names than before; one in three is a job's. */
  function processes(n: number) {
    const all = Array.from({ length: GPUS }, (_, gpu) => ({
      gpu_uuid: fakeGpu(gpu).uuid,
      pid: FIRST_PID + ((n * GPUS + gpu) % 190_000),
      process_name: `/opt/program-${n}-${gpu}`,
      used_memory: 800 + ((n * 131) % 900),
    }));
    fake.set({ processes: all });
  }

  /** A host that says who it is, with rubbish beside, and is never heard of again. */
  function visitor(n: number) {
    const head = {
      v: 1 as const,
      host: `visitor-${n}`,
      boot: `boot-${n}`,
      bootAt: Date.now(),
      at: Date.now(),
    };
    const whole: Entry = {
      ...{
        ...head,
        n: 1,
        kind: "whole",
        name: `visitor ${n}`,
        address: `http://192.0.2.1:${1024 + (n % 9999)}/`,
      },
      ...{ gpus: [], parts: {} },
    };
    const { body, mac } = seal(whole, GROUP, SECRET);
    const turn = seal({ ...head, n: 2, kind: "turn", sample: null }, GROUP, SECRET);
    void redis.ask("set", `gpu-panel:${GROUP}:host:visitor-${n}`, `${mac}\n${body}`, "EX", "60");
    void redis.ask("sadd", `gpu-panel:${GROUP}:hosts`, `visitor-${n}`);
    void redis.ask("xadd", `gpu-panel:${GROUP}:turns`, "*", "e", turn.body, "m", turn.mac);
    void redis.ask("xadd", `gpu-panel:${GROUP}:turns`, "*", "e", `rubbish ${n}`, "m", `${n}`);
  }

  async function job(url: string, n: number, more: object) {
    const who = { asker: `asker ${n}`, requestId: `request ${n}`, label: `job ${n}`, ttlSeconds: 5 };
    const signature = { host: "soak", models: [`model-${n}`], frames: 1 + (n % 200) };
    const body = n % 2 === 0 ? { peakMiB: 3000 } : { signature, peakMiB: 2000 + (n % 1000) };
    const answer = await ask(url, "POST", "jobs", { ...who, ...body, ...more });
    const id = answer?.id;
    // Every other one dies without a word.
    if (typeof id === "string" && n % 4 < 2)
      await ask(url, "DELETE", `jobs/${id}`, { peakMiB: 2500, oom: n % 8 === 0 });
  }

  async function session(n: number) {
    const { id } = (await ask(a.url, "POST", "sessions", { label: `session ${n}` })) ?? {};
    if (typeof id === "string") await ask(a.url, "POST", `sessions/${id}/stop`);
  }

  function askAround(n: number) {
    const { url } = [a, b][n % 2] ?? a;
    void ask(
      url,
      "GET",
      `fit?peakMiB=${2000 + (n % 7000)}&asker=looker-${n}${n % 3 === 0 ? "&intent=start" : "&anywhere=true"}`,
    );
    void ask(url, "GET", ["history", "group", "sessions", "alerts", "profiles"][n % 5] ?? "");
  }

  /** Each with how many samples lie between two, and at which it is first. */
  const happenings: readonly [every: number, first: number, act: (n: number) => void][] = [
    [4, 0, viewer],
    [6, 0, (n) => void job(a.url, n, { wait: false })],
    [6, 3, (n) => void job(b.url, n, { pid: FIRST_PID + (n % 190_000) })],
    [15, 7, (n) => void job(b.url, n, { anywhere: true })],
    [10, 5, askAround],
    [20, 11, processes],
    [25, 9, (n) => void session(n)],
    [40, 10, () => void ask(a.url, "POST", "release", {})],
    [50, 25, () => killChildren(pidOf(a.child))],
    [
      50,
      40,
      (n) =>
        void ask(a.url, "POST", "backends", {
          url: hookUrl.replace("unload", `of-${n}`),
          label: `app ${n}`,
          ttl: 5,
        }),
    ],
    [100, 50, visitor],
    [300, 60, () => void ask(a.url, "GET", "what-if?days=1")],
    [
      100,
      70,
      (n) => void ask(a.url, "POST", "alerts/mute", { rule: "temperature-rising", minutes: (n / 100) % 2 }),
    ],
  ];

  return {
    sample(n: number) {
      fake.setGpu(n % GPUS, {
        "memory.used": 2000 + ((n * 977) % 15_000),
        "utilization.gpu": n % 100,
        // Hot for a while, then not: alerts come and go.
        "temperature.gpu": n % 200 < 60 ? 95 : 50,
      });
      for (const [every, first, act] of happenings) if (n % every === first % every) act(n);
    },
    allGo() {
      for (const socket of viewers.splice(0)) socket.disconnect();
    },
  };
}

/** A viewer, by a connection of its own. */
export function connect(url: string): Socket {
  const socket = io(url, { transports: ["websocket"], forceNew: true, auth: { protocol: 2 } });
  socket.on("connect", () => socket.emit("watch", () => {}));
  return socket;
}

async function ask(
  url: string,
  method: string,
  what: string,
  body?: object,
): Promise<Record<string, unknown> | null> {
  try {
    const sent =
      body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${url}api/v1/${what}`, { method, ...sent });
    return await answer.json();
  } catch {
    return null;
  }
}

function killChildren(pid: number): void {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")) {
    try {
      if (child !== "") process.kill(Number(child), "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
