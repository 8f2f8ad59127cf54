import type { Known, PanelState } from "../../client/store/panel-state.ts";
import { type Handover, NO_HANDOVER_STATE } from "../../shared/handover/handover.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Found } from "../../shared/release/found.ts";
import { IDLE_RELEASE, type Release } from "../../shared/release/release.ts";
import { alert, backend, EPOCH_MS, job, machine, NOW_MS } from "./fixtures.ts";

const mib = (gib: number) => Math.round(gib * 1024);
const BUSY = {
  totalGib: 24,
  usedGib: 19.2,
  temperature: 68,
  utilization: 97,
  power: 402,
  holders: [
    ["python3 main.py", 18.8, "comfyui"],
    ["Xorg", 0.2],
  ] as [string, number, string?][],
  promisedGib: 2.3,
  running: 1,
};
const CALM = {
  totalGib: 24,
  usedGib: 8.9,
  holders: [["/usr/bin/ollama runner", 8.3]] as [string, number][],
};
const two = (more: Partial<Known> = {}) => machine([BUSY, CALM], { jobs: [job()], ...more });
const RESTED = { ...BUSY, utilization: 0, temperature: 57, power: 58, promisedGib: 0, running: 0 };
const AFTER = {
  ...RESTED,
  usedGib: 1.4,
  power: 61,
  holders: [["python3 main.py", 1, "comfyui"]] as [string, number, string?][],
};
const IDLE = backend({ busy: false });
const FOUND: Found = {
  ...{ id: "comfyui-8188", kind: "comfyui", port: 8188, pid: 4242, gpus: [0] },
  ...{ adoptable: true, backend: null },
};
const LLM = backend({ id: "llama-server", kind: "llamacpp", busy: true });
const LEAVES: Handover["next"] = {
  ...{ do: "release", backend: "comfyui", reason: "backend", forWhom: "llama-server" },
  at: NOW_MS + 8_000,
};
const HELD_FOR_A_GAME: Handover = {
  ...NO_HANDOVER_STATE,
  hold: { by: "127.0.0.1", since: NOW_MS - 60_000, active: true, endsAt: NOW_MS + 840_000 },
};
const EMPTY = backend({ busy: false, models: [], allocator: null });

const RANKS = [61.4, 61.2, 61.3, 78.1, 39.5, 0.6, 71, 22.4];
const many = (count: number, more: Partial<Known> = {}) =>
  machine(
    Array.from({ length: count }, (_, i) => {
      const used = RANKS[i % 8] ?? 0;
      const name = ["rank 0", "rank 1", "rank 2", "rank 3", "", "", "jupyter", "vllm"][i % 8] ?? "";
      return {
        name: "NVIDIA H100 80GB HBM3",
        totalGib: 79.6,
        usedGib: used,
        temperature: [66, 64, 71, 84, 58, 33, 36, 38][i % 8] ?? 40,
        utilization: [98, 97, 41, 98, 95, 0, 0, 0][i % 8] ?? 0,
        power: [652, 648, 310, 688, 540, 70, 72, 72][i % 8] ?? 70,
        promisedGib: i % 8 < 3 ? 6 : 0,
        running: i % 8 < 5 ? 1 : 0,
        holders:
          i % 8 === 5
            ? []
            : i % 8 === 4
              ? [["python main.py", used - 0.6, "comfyui"] as [string, number, string]]
              : [[name.startsWith("rank") ? `torchrun · ${name}` : name, used - 0.5] as [string, number]],
      };
    }),
    {
      jobs: [
        job({ label: "dana · night market", gpus: [0, 1, 2, 3], gpuCount: 4, endsAt: NOW_MS + 540_000 }),
        job({ id: "b", label: "bob · slow river", gpus: [4], endsAt: NOW_MS + 360_000 }),
        ...["carol · paper boat", "erin · 81 frames", "frank · upscale"].map((label, i) =>
          job({
            ...{ id: label, label, gpus: [], gpuCount: i === 0 ? 4 : 1, state: "waiting", position: i + 1 },
            ...{ startedAt: null, endsAt: null, startsAt: i === 0 ? EPOCH_MS + 1_920_000 : null },
            reason: problem("no-room", { figures: "GPU 0: 12,000 is less than 14,000 MiB" }),
          }),
        ),
      ],
      alerts: [
        alert({
          rule: "vram-red-line",
          severity: "critical",
          gpu: 3,
          params: { gpu: 3, percent: 98.9, gib: "0.9" },
        }),
        alert({ rule: "low-utilization", severity: "warning", gpu: 2, params: { gpu: 2, percent: 41 } }),
      ],
      backends: [backend()],
      ...more,
    },
  );

const release = (look: Partial<Release>): Release => ({
  ...IDLE_RELEASE,
  ...{ id: "r", mode: "auto", backend: "comfyui", requestedBy: "127.0.0.1", startedAt: NOW_MS - 12_000 },
  estimateMiB: mib(17.8),
  ...look,
});
const over = { finishedAt: NOW_MS - 2_000 };
const GPUS_AFTER = [
  { index: 0, beforeMiB: mib(19.2), afterMiB: mib(1.4), freedMiB: mib(17.8) },
  { index: 1, beforeMiB: mib(8.9), afterMiB: mib(8.9), freedMiB: 0 },
];
const done = release({ state: "done", ...over, freedMiB: mib(17.8), gpus: GPUS_AFTER });
const HELD = [
  {
    gpu: 0,
    pid: 8000,
    name: "python3 main.py",
    usedMiB: mib(18.8),
    backend: "comfyui",
    because: "kept" as const,
  },
];
const failed = (code: Parameters<typeof problem>[0], params = {}, more: Partial<Release> = {}) =>
  release({ state: "failed", ...over, problem: problem(code, params), ...more });

function without(status: PanelState["connection"]["status"]): PanelState {
  return { ...two(), connection: { status, problem: null } };
}
function source(look: Partial<Known["source"]>, from: PanelState = two()): PanelState {
  const { known } = from;
  return known === null ? from : { ...from, known: { ...known, source: { ...known.source, ...look } } };
}

/** Every state that a panel can be in, by name. */
export const STATES: Readonly<Record<string, PanelState>> = {
  "gpus-1": machine(
    [
      {
        ...RESTED,
        usedGib: 8.6,
        name: "NVIDIA GeForce RTX 3090",
        holders: [["python3 main.py", 7.9, "comfyui"]],
      },
    ],
    {
      backends: [
        backend({ busy: false, models: [{ name: "wan2.1-1.3b", usedMiB: mib(6.9) }], allocator: null }),
      ],
    },
  ),
  "gpus-2": two(),
  "gpus-2-alerts": two({
    alerts: [
      alert({
        rule: "vram-red-line",
        severity: "critical",
        gpu: 0,
        params: { gpu: 0, percent: 98.9, gib: "0.3" },
      }),
      alert({ rule: "low-utilization", severity: "warning", gpu: 1, params: { gpu: 1, percent: 41 } }),
    ],
  }),
  "gpus-8": many(8),
  "gpus-16": many(16),
  "gpus-64": many(64),
  skeleton: { connection: { status: "connecting", problem: null }, known: null },
  starting: source({ status: "starting" }, machine([], { backends: [] })),
  demo: source({ kind: "demo", demoReason: "no-nvidia-smi" }),
  "no-driver": source(
    { status: "failed", problem: problem("nvidia-smi-not-found") },
    machine([], { backends: [] }),
  ),
  "no-devices": source({ status: "failed", problem: problem("no-devices") }, machine([], { backends: [] })),
  failed: source(
    { status: "failed", problem: problem("driver-library-mismatch") },
    machine([{ ...BUSY, usedGib: null, temperature: null, utilization: null, power: null, holders: [] }]),
  ),
  silent: source({ status: "stale", problem: problem("no-output", { seconds: 12 }) }),
  stale: without("stale"),
  reconnecting: without("offline"),
  refused: {
    connection: { status: "refused", problem: problem("wrong-token") },
    known: null,
  },
  "read-only": two({ capabilities: { release: { allowed: false, problem: problem("not-allowed") } } }),
  "backend-absent": two({
    backends: [],
    capabilities: { release: { allowed: false, problem: problem("no-backend") } },
  }),
  "backend-found": machine([{ ...RESTED, holders: [["python3 main.py", 18.8]] }], {
    backends: [],
    found: [FOUND],
    capabilities: { release: { allowed: false, problem: problem("no-backend") } },
  }),
  "backends-found": two({
    backends: [],
    found: [
      FOUND,
      { ...FOUND, id: "ollama-11434", kind: "ollama", port: 11_434, pid: null, gpus: [] },
      { ...FOUND, id: "gradio-7860", kind: "gradio", port: 7860, gpus: [1], adoptable: false },
    ],
    capabilities: { release: { allowed: false, problem: problem("no-backend") } },
  }),
  "backend-gives-nothing": machine([RESTED, CALM], {
    backends: [backend({ busy: false, givesNothing: true })],
  }),
  "backend-unreachable": two({
    backends: [
      backend({
        reachable: false,
        problem: problem("backend-unreachable", { detail: "ECONNREFUSED" }),
        busy: null,
      }),
    ],
  }),
  "backends-3": two({
    backends: [
      IDLE,
      backend({ id: "ollama", kind: "ollama", busy: null }),
      backend({ id: "http", kind: "http", parked: true, canLoad: true }),
    ],
  }),
  "release-waiting": two({
    release: release({
      ...{ state: "waiting-for-job", mode: "after-current" },
      waiting: { since: NOW_MS - 4_000, queue: 1, cancellable: true, asked: false },
    }),
  }),
  "release-calling": two({ release: release({ state: "calling" }) }),
  "release-measuring": machine([{ ...AFTER, usedGib: 8 }, CALM], {
    backends: [IDLE],
    release: release({
      state: "verifying",
      gpus: GPUS_AFTER.map((one) => ({ ...one, afterMiB: null, freedMiB: null })),
    }),
  }),
  "release-done": machine([AFTER, CALM], { backends: [EMPTY], release: done }),
  "release-parts": machine([AFTER, CALM], {
    backends: [EMPTY, backend({ id: "http", kind: "http", busy: false })],
    release: {
      ...done,
      parts: [
        { backend: "comfyui", state: "done", freedMiB: mib(17.8), claim: null, problem: null },
        {
          backend: "http",
          state: "failed",
          freedMiB: null,
          claim: null,
          problem: problem("backend-timeout", { seconds: 10 }),
        },
      ],
    },
  }),
  "release-nothing": machine([RESTED, CALM], {
    backends: [IDLE],
    release: failed(
      "nothing-freed",
      { seconds: 10 },
      { freedMiB: 0, stillHeldBy: HELD, gpus: GPUS_AFTER.slice(1) },
    ),
  }),
  "release-failed": machine([RESTED, CALM], {
    backends: [IDLE],
    release: failed("backend-timeout", { seconds: 10 }),
  }),
  "release-cancelled": two({ release: failed("release-cancelled", { by: "127.0.0.1" }) }),
  ...{ "what-if": two(), collisions: two() },
  full: machine([
    { ...BUSY, usedGib: 22.1, promisedGib: 0, holders: [["python3 main.py", 21.7, "comfyui"]] },
    { ...CALM, usedGib: 13.3, temperature: 46 },
  ]),
  unknown: machine([
    BUSY,
    { name: "Quadro K620", totalGib: 2, usedGib: null, temperature: null, utilization: null, power: null },
  ]),
  mig: machine(
    ["NVIDIA H100 80GB HBM3 MIG 3g.40gb", "NVIDIA H100 80GB HBM3 MIG 2g.20gb"].map((name, i) => ({
      ...{
        name,
        totalGib: i === 0 ? 39.5 : 19.6,
        usedGib: i === 0 ? 21.4 : 0.1,
        utilization: null,
        power: null,
      },
      ...{
        temperature: 54,
        holders: i === 0 ? [["python3 main.py", 21.1, "comfyui"] as [string, number, string]] : [],
      },
    })),
  ),
  "long-names": machine(
    [
      {
        ...{ name: "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", totalGib: 95.6, usedGib: 84.2 },
        ...{ temperature: 68, utilization: 97, power: 402, promisedGib: 6, running: 1 },
        holders: [
          [
            "python3.11 -m wan.serve --model Wan2.2-I2V-A14B-HighNoise-Q8_0-lightx2v-4steps",
            83.6,
            "wan.serve",
          ],
        ],
      },
      CALM,
    ],
    {
      jobs: [
        job({ label: "a-very-long-name-of-somebody-who-likes-long-names · and a prompt that does not end" }),
      ],
      backends: [
        backend({
          id: "wan.serve",
          kind: "http",
          models: [{ name: "Wan2.2-I2V-A14B-HighNoise-Q8_0-lightx2v", usedMiB: mib(41.2) }],
        }),
      ],
    },
  ),
  "group-3": two({ inGroup: true }),
  "group-64": source(
    { kind: "redis", driverVersion: null },
    machine([], {
      inGroup: true,
      backends: [],
      capabilities: { release: { allowed: false, problem: problem("no-backend") } },
    }),
  ),
  "hand-over-next": machine([RESTED, CALM], {
    backends: [IDLE, LLM],
    handover: { ...NO_HANDOVER_STATE, home: "llama-server", next: LEAVES },
  }),
  held: machine([RESTED, CALM], { backends: [IDLE, LLM], handover: HELD_FOR_A_GAME }),
  "held-read-only": machine([RESTED, CALM], {
    ...{ backends: [IDLE, LLM], handover: HELD_FOR_A_GAME },
    capabilities: { release: { allowed: false, problem: problem("not-allowed") } },
  }),
};
