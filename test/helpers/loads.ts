import { createFakeNvidiaSmi, fakeGpu } from "./fake-nvidia-smi.ts";
import { type RunningSidecar, startSidecar } from "./sidecar.ts";

const GPU_COUNT = 8;

/** Busy GPUs whose VRAM climbs and falls once a second. */
const rampAt = (tick: number) =>
  Array.from({ length: GPU_COUNT }, (_, i) =>
    fakeGpu(i, {
      "memory.used": 8000 + i * 500 + 3000 * Math.abs(((tick / 10 + i) % 2) - 1),
      "utilization.gpu": 80 + ((tick * 7 + i) % 20),
      "temperature.gpu": 60 + ((tick * 3 + i) % 20),
      "power.draw": 300 + ((tick * 31 + i * 7) % 140),
    }),
  );
const processes = Array.from({ length: GPU_COUNT }, (_, i) => ({
  gpu_uuid: fakeGpu(i).uuid,
  pid: 5000 + i,
  process_name: "python",
  used_memory: 8000,
}));

/** A sidecar in the first second of its life, and the end of it with all that it watches. */
export interface Loaded {
  sidecar: RunningSidecar;
  end(): Promise<void>;
}

async function demo(): Promise<Loaded> {
  const sidecar = await startSidecar(["--source", "demo"]);
  return { sidecar, end: async () => void (await sidecar.end()) };
}

async function busy(listed: typeof processes): Promise<Loaded> {
  let tick = 0;
  const machine = createFakeNvidiaSmi({ gpus: rampAt(tick), processes: listed });
  const timer = setInterval(() => machine.set({ gpus: rampAt(++tick) }), 1000);
  const sidecar = await startSidecar(["--nvidia-smi", machine.path], machine.env);
  return {
    sidecar,
    async end() {
      clearInterval(timer);
      await sidecar.end();
      machine.dispose();
    },
  };
}

/** What a panel is watched under: each with its name for a test's title. */
export const LOADS: readonly [string, () => Promise<Loaded>][] = [
  ["the demo", demo],
  ["8 busy GPUs with a list of processes", () => busy(processes)],
  ["8 busy GPUs without one", () => busy([])],
];
