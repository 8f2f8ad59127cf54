import {
  createFakeNvidiaSmi,
  type FakeGpu,
  type FakeNvidiaSmi,
  fakeGpu,
} from "../helpers/fake-nvidia-smi.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";

export const GPU_COUNT = 8;
/** More often than the sidecar samples, so that no two samples are the same. */
const CHANGE_INTERVAL_MS = 700;

/** Eight GPUs with jobs on them: every figure of every GPU is another one in every sample. */
export async function withBusyMachine<T>(use: (fake: FakeNvidiaSmi) => Promise<T>): Promise<T> {
  let tick = 0;
  const fake = createFakeNvidiaSmi({ gpus: busyGpus(tick), processes: jobs() });
  const timer = setInterval(() => {
    tick++;
    fake.set({ gpus: busyGpus(tick) });
  }, CHANGE_INTERVAL_MS);
  try {
    return await use(fake);
  } finally {
    clearInterval(timer);
    fake.dispose();
  }
}

/** The built sidecar on a busy machine. */
export function withBusySidecar<T>(use: (sidecar: RunningSidecar) => Promise<T>): Promise<T> {
  return withBusyMachine(async (fake) => {
    const sidecar = await startSidecar(["--nvidia-smi", fake.path], fake.env);
    try {
      return await use(sidecar);
    } finally {
      await sidecar.end();
    }
  });
}

/** Five digits of VRAM, used and free, three of watts: as long on the wire as such a GPU gets. */
function busyGpus(tick: number): FakeGpu[] {
  return Array.from({ length: GPU_COUNT }, (_, index) => {
    const phase = tick / 20 + index;
    const load = (Math.sin(phase) + 1) / 2;
    const noise = (tick * 7919 + index * 104_729) % 97;
    return fakeGpu(index, {
      name: "NVIDIA RTX PRO 6000 Blackwell Server Edition",
      "memory.total": 97_887,
      "memory.used": Math.round(45_000 + load * 35_000) + noise,
      "memory.reserved": 636,
      "utilization.gpu": 60 + ((noise + index) % 40),
      "utilization.memory": 30 + ((noise + tick) % 25),
      "temperature.gpu": Math.round(62 + load * 15) + (noise % 3),
      "power.draw": 400 + load * 150 + noise / 2,
      "power.limit": 600,
      "fan.speed": Math.round(40 + load * 30),
      pstate: "P1",
      "clocks_event_reasons.active": load > 0.9 ? "0x0000000000000004" : "0x0000000000000000",
    });
  });
}

function jobs() {
  return Array.from({ length: GPU_COUNT }, (_, index) => ({
    gpu_uuid: fakeGpu(index).uuid,
    pid: 4000 + index,
    process_name: "/opt/ComfyUI/venv/bin/python3",
    used_memory: 41_000 + index,
  }));
}
