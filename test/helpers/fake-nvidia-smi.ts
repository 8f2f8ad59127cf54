import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { lightNvidiaSmi } from "./light-nvidia-smi.ts";
import { scriptText } from "./nvidia-smi-script.ts";
import { testsFolder } from "./run-folder.ts";

/** What the fake does in place of, or besides, printing rows; read anew at every tick. */
export type FakeBehaviour =
  | { kind: "ok" }
  | { kind: "sentence"; text: string; exitCode: number }
  | { kind: "sentence-loop"; text: string }
  | { kind: "hang" }
  | { kind: "exit"; code: number };

/**
 * One GPU: any `--query-gpu` field with its value. A known field that is absent answers `[N/A]`, but
 * `timestamp`, `driver_version`, `count` and `memory.free` are worked out.
 */
export type FakeGpu = { index: number; uuid: string; name: string; [field: string]: number | string };

/** One row of `--query-compute-apps`. */
export type FakeProcess = {
  gpu_uuid: string;
  pid: number;
  process_name: string;
  used_memory: number | string;
};

/** What `script.tsv` tells the fake. */
export type FakeScript = {
  driver: string;
  /** Which file of `fixtures/nvidia-smi/fields/` ("595"), or exactly the names that are known. */
  fields: string | string[];
  helpFails: boolean;
  gpus: FakeGpu[];
  processes: FakeProcess[];
  /** Raw lines after the row of the GPU with this index; "-1" is before the first row. */
  linesAfterGpu: Record<string, string[]>;
  behaviour: FakeBehaviour;
  computeAppsBehaviour: FakeBehaviour;
  chunking: "whole" | "bytes";
  /** Rows of GPUs are measured and not yet written, until this is `false` again. */
  holdRows: boolean;
};

/** One start of the fake, from `starts.jsonl`. */
export type FakeStart = { pid: number; argv: string[]; at: number };

/** A fake nvidia-smi in a folder of its own, for one test. */
export type FakeNvidiaSmi = {
  readonly dir: string;
  /** Holds `nvidia-smi` and `node`: to be first in PATH. */
  readonly binDir: string;
  readonly path: string;
  /** The fake's folder, and a PATH in which it is the only nvidia-smi. */
  readonly env: { FAKE_NVIDIA_SMI_DIR: string; PATH: string };
  readonly script: FakeScript;
  /** Changes the script; what runs already sees it at its next tick. */
  set(patch: Partial<FakeScript>): void;
  /** Changes fields of one GPU; `undefined` takes a field away. */
  setGpu(index: number, patch: Record<string, number | string | undefined>): void;
  /** Is a measured row held back, or was one? */
  hasHeld(): boolean;
  starts(): FakeStart[];
  livePids(): number[];
  /** Those of the live ones that run a `--query-gpu` loop. */
  loopPids(): number[];
  /** Sends a signal to all live ones and returns which they were. */
  kill(signal: NodeJS.Signals): number[];
  /** Kills what is left and removes the folder; it may be called twice. */
  dispose(): void;
};

/** A healthy, idle RTX 4090; its UUID and bus id follow from the index. */
export function fakeGpu(index: number, overrides: Record<string, number | string> = {}): FakeGpu {
  const hex = index.toString(16);
  return {
    index,
    uuid: `GPU-${hex.padStart(8, "0")}-4090-4090-4090-${hex.padStart(12, "0")}`,
    name: "NVIDIA GeForce RTX 4090",
    "pci.bus_id": `00000000:${(index + 1).toString(16).toUpperCase().padStart(2, "0")}:00.0`,
    driver_version: "595.71.05",
    "memory.total": 24564,
    "memory.used": 1024,
    "memory.reserved": 460,
    "utilization.gpu": 0,
    "utilization.memory": 0,
    "temperature.gpu": 41,
    "power.draw": 22.5,
    "power.limit": 450,
    "fan.speed": 30,
    pstate: "P8",
    "clocks_event_reasons.active": "0x0000000000000001",
    "mig.mode.current": "[N/A]",
    ...overrides,
  };
}

/** One healthy GPU and nothing else, but for what is given. */
export function fakeScript(given: Partial<FakeScript> = {}): FakeScript {
  return {
    driver: "595.71.05",
    fields: "595",
    helpFails: false,
    gpus: [fakeGpu(0)],
    processes: [],
    linesAfterGpu: {},
    behaviour: { kind: "ok" },
    computeAppsBehaviour: { kind: "ok" },
    chunking: "whole",
    holdRows: false,
    ...given,
  };
}

function pathWithoutNvidiaSmi(): string[] {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !existsSync(join(folder, "nvidia-smi")));
}

function wordsOf(pid: number, file: "cmdline" | "environ"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Makes a folder with an executable `nvidia-smi` in it that does what its script says. */
export function createFakeNvidiaSmi(initial: Partial<FakeScript> = {}): FakeNvidiaSmi {
  const dir = mkdtempSync(join(testsFolder(), "fake-nvidia-smi-"));
  const binDir = join(dir, "bin");
  const path = join(binDir, "nvidia-smi");
  mkdirSync(binDir);
  symlinkSync(lightNvidiaSmi(), path);
  // The folder of the real node may be left out of PATH below, because a real nvidia-smi is in it too.
  symlinkSync(process.execPath, join(binDir, "node"));

  let script = fakeScript(initial);
  const set = (patch: Partial<FakeScript>): void => {
    script = { ...script, ...patch };
    const unfinished = join(dir, "script.tsv.tmp");
    writeFileSync(unfinished, scriptText(script));
    renameSync(unfinished, join(dir, "script.tsv"));
  };
  set({});

  const starts = (): FakeStart[] => {
    const file = join(dir, "starts.jsonl");
    if (!existsSync(file)) return [];
    // Where a test fills the disk a line may be cut, and the next one stands behind it.
    const lines = readFileSync(file, "utf8").match(/\{"pid":(?:(?!\{"pid":)[^\n])*\],"at":\d+\}/g) ?? [];
    return lines.map((line) => JSON.parse(line) as FakeStart);
  };
  const livePids = (): number[] => {
    const pids = new Set(starts().map(({ pid }) => pid));
    // A pid may have gone to another process since; the command line need not name the folder.
    return [...pids].filter((pid) => wordsOf(pid, "environ").includes(`FAKE_NVIDIA_SMI_DIR=${dir}`));
  };
  const kill = (signal: NodeJS.Signals): number[] => {
    const pids = livePids();
    for (const pid of pids) signalPid(pid, signal);
    return pids;
  };

  return {
    dir,
    binDir,
    path,
    env: { FAKE_NVIDIA_SMI_DIR: dir, PATH: [binDir, ...pathWithoutNvidiaSmi()].join(delimiter) },
    get script() {
      return script;
    },
    set,
    setGpu(index, patch) {
      if (!script.gpus.some((gpu) => gpu.index === index)) throw new Error(`The fake has no GPU ${index}`);
      const gpus = script.gpus.map((gpu) => {
        if (gpu.index !== index) return gpu;
        const changed = { ...gpu };
        for (const [field, value] of Object.entries(patch)) {
          if (value === undefined) delete changed[field];
          else changed[field] = value;
        }
        return changed;
      });
      set({ gpus });
    },
    hasHeld: () => existsSync(join(dir, "held")),
    starts,
    livePids,
    loopPids() {
      return livePids().filter((pid) => {
        const argv = wordsOf(pid, "cmdline");
        const queriesGpus = argv.some((arg) => arg.startsWith("--query-gpu"));
        return queriesGpus && argv.some((arg) => arg.startsWith("-lms") || arg.startsWith("--loop-ms"));
      });
    },
    kill,
    dispose() {
      kill("SIGKILL");
      // A start that was just under way may still write its line into the folder.
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    },
  };
}
