import type { Known, PanelState } from "../../client/store/panel-state.ts";
import { BUILT_IN_PROFILES } from "../../server/profiles/built-in-profiles.ts";
import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Alert } from "../../shared/health/alert.ts";
import { alertsEn } from "../../shared/health/en.ts";
import { wordsOfAlert } from "../../shared/health/words.ts";
import type { HistoryRow } from "../../shared/history/row.ts";
import type { Job } from "../../shared/jobs/job.ts";
import { type Fits, type GpuPromise, UNKNOWN_PROMISE } from "../../shared/protocol/state.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { IDLE_RELEASE } from "../../shared/release/release.ts";

/** Where all of them stand in time: 14:05 in UTC, five minutes after the sidecar began. */
export const EPOCH_MS = Date.UTC(2026, 0, 5, 14, 0, 0);
export const NOW_MS = EPOCH_MS + 300_000;

interface GpuLook {
  name?: string;
  totalGib: number;
  usedGib: number | null;
  temperature?: number | null;
  utilization?: number | null;
  power?: number | null;
  holders?: [name: string, gib: number | null, backend?: string][];
  promisedGib?: number;
  running?: number;
}

const mib = (gib: number) => Math.round(gib * 1024);

export function gpu(index: number, look: GpuLook): Gpu {
  const { name = "NVIDIA GeForce RTX 4090", totalGib, usedGib, holders = [] } = look;
  const processes = holders.map(([name, gib, backend], i): GpuProcess => {
    const process = { pid: 8000 + index * 10 + i, name, usedMiB: gib === null ? null : mib(gib) };
    return backend === undefined ? process : { ...process, backend };
  });
  // What the driver keeps, which is neither in use nor free; slices and old cards name none.
  const reserved = name.includes("MIG") || totalGib < 4 ? 0 : 400;
  return {
    ...{ index, uuid: `GPU-${index}`, name, lost: false, mig: null, processes },
    memoryTotalMiB: totalGib === 0 ? null : mib(totalGib),
    memoryUsedMiB: usedGib === null ? null : mib(usedGib),
    memoryFreeMiB: usedGib === null ? null : mib(totalGib - usedGib) - reserved,
    memoryReservedMiB: reserved,
    utilizationGpuPct: look.utilization === undefined ? 0 : look.utilization,
    utilizationMemoryPct: 40,
    temperatureC: look.temperature === undefined ? 45 : look.temperature,
    powerDrawW: look.power === undefined ? 40 : look.power,
    ...{ powerLimitW: 450, fanPct: 54, pstate: "P2", throttle: [] },
  };
}

export function promise({ promisedGib = 0, running = 0, holders = [], usedGib }: GpuLook): GpuPromise {
  if (usedGib === null) return UNKNOWN_PROMISE;
  const backend = holders
    .filter(([, , id]) => id !== undefined)
    .reduce((sum, [, gib]) => sum + (gib ?? 0), 0);
  return {
    ...UNKNOWN_PROMISE,
    ...{
      running,
      promisedMiB: mib(promisedGib),
      reserveMiB: 1228,
      reclaimableMiB: mib(Math.max(0, backend - 1)),
    },
    backendMiB: backend === 0 ? null : mib(backend),
    tensorsMiB: backend === 0 ? null : mib(backend - 2.4),
    cacheMiB: backend === 0 ? null : mib(1.4),
  };
}

/** As many whole jobs as fit beside promises and reserve. */
function fitsOf(gpus: readonly Gpu[], promises: readonly GpuPromise[]): Fits {
  return Object.fromEntries(
    BUILT_IN_PROFILES.map(({ id, peakMiB, uncertaintyMiB }) => {
      const perJob = peakMiB + uncertaintyMiB;
      const rooms = gpus.map(({ memoryFreeMiB }, i) => {
        const room = (memoryFreeMiB ?? 0) - (promises[i]?.promisedMiB ?? 0) - 256;
        return memoryFreeMiB === null ? null : Math.max(0, Math.floor(room / perJob));
      });
      const known = rooms.filter((room) => room !== null);
      const canStart = known.length === 0 ? null : known.reduce((sum, room) => sum + room, 0);
      return [
        id,
        { canStart, gpus: rooms.map((room) => [room, 0, perJob, 256, 0] as const).map((r) => [...r]) },
      ];
    }),
  );
}

/** Five minutes in which VRAM has risen to what it is now. */
function rowsOf(gpus: readonly Gpu[]): HistoryRow[] {
  return Array.from({ length: 300 }, (_, i) => ({
    ...{ fromSeq: i + 1, seq: i + 1, tMs: (i + 1) * 1000, count: 1 },
    values: gpus.flatMap((one, g) => {
      const rises = i < 60 + g * 20 ? 0.45 : i < 200 ? 0.8 : 1;
      const wave = Math.sin(i / 6 + g) * 0.01;
      const used = one.memoryUsedMiB;
      const util = one.utilizationGpuPct;
      return [
        used === null ? null : Math.round(used * (rises + (rises === 1 ? 0 : wave))),
        util === null
          ? null
          : Math.max(0, Math.min(100, Math.round(util * (i < 60 ? 0.1 : 1) + Math.sin(i) * 2))),
        one.temperatureC,
        one.powerDrawW,
      ];
    }),
  }));
}

export function backend(look: Partial<BackendState> = {}): BackendState {
  return {
    ...{ id: "comfyui", kind: "comfyui", url: null, reachable: true, problem: null, busy: true, queue: 0 },
    models: [{ name: "wan2.1-14b", usedMiB: mib(14) }],
    allocator: { allocatedMiB: mib(16.4), reservedMiB: mib(17.8), maxAllocatedMiB: mib(18) },
    ...{
      parked: false,
      canLoad: false,
      givesNothing: false,
      modes: ["auto", "after-current", "interrupt"],
      duringJob: "deferred",
    },
    ...look,
  };
}

export function job(look: Partial<Job> = {}): Job {
  return {
    ...{ id: "a", label: "alice · harbour at dawn", profile: null, state: "running", gpus: [0], gpuCount: 1 },
    ...{ peakMiB: mib(21.5), backend: "comfyui", pid: 8000, phase: null, requestedBy: "alice" },
    ...{ requestedAt: NOW_MS - 200_000, startedAt: NOW_MS - 196_000, endedAt: null, expiresAt: NOW_MS + 9e6 },
    ...{ position: null, startsAt: null, endsAt: NOW_MS + 120_000 },
    ...look,
  };
}

export function alert(look: Pick<Alert, "rule" | "severity" | "params"> & Partial<Alert>): Alert {
  const words = wordsOfAlert({ ...look, message: "", advice: "" }, alertsEn, "14:02");
  return {
    ...{ id: look.rule, since: EPOCH_MS + 120_000, acknowledged: false, mutedUntil: null },
    ...words,
    ...look,
  };
}

/** A live machine with these GPUs. */
export function machine(looks: readonly GpuLook[], more: Partial<Known> = {}): PanelState {
  const gpus = looks.map((look, i) => gpu(i, look));
  const promises = looks.map(promise);
  return {
    connection: { status: "live", problem: null },
    known: {
      ...{ bootId: "boot", version: "1.0.0", capabilities: { release: { allowed: true, problem: null } } },
      source: {
        ...{ kind: "nvidia-smi", status: "live", demoReason: null, problem: null },
        ...{ intervalMs: 1000, driverVersion: "580.95" },
      },
      gpus,
      host: {
        ...{ name: "vm", cpuCount: 8, load1: 3.1, memoryTotalMiB: mib(64), memoryAvailableMiB: mib(52) },
        ...{ memoryLimitMiB: null, cpuLimit: null },
      },
      backends: [backend()],
      found: [],
      release: IDLE_RELEASE,
      jobs: [],
      alerts: [],
      promises,
      fits: fitsOf(gpus, promises),
      runs: [],
      profiles: BUILT_IN_PROFILES,
      epochMs: EPOCH_MS,
      rows: rowsOf(gpus),
      title: null,
      tMs: 300_000,
      ...more,
    },
  };
}
