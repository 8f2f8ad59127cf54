import { afterEach, expect, test } from "vitest";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { connectPanel, type PanelClient } from "../helpers/panel-client.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const GPU_COUNT = 8;
const SAMPLES = 20;
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

let fake: FakeNvidiaSmi | undefined;
let timer: NodeJS.Timeout | undefined;
let sidecar: RunningSidecar | undefined;
let panel: PanelClient | undefined;
afterEach(async () => {
  panel?.close();
  clearInterval(timer);
  await sidecar?.end();
  fake?.dispose();
});

async function busy(listed: typeof processes): Promise<RunningSidecar> {
  let tick = 0;
  const machine = createFakeNvidiaSmi({ gpus: rampAt(tick), processes: listed });
  fake = machine;
  timer = setInterval(() => machine.set({ gpus: rampAt(++tick) }), 1000);
  return startSidecar(["--nvidia-smi", machine.path], machine.env);
}

test.each([
  ["the demo", () => startSidecar(["--source", "demo"])],
  ["8 busy GPUs with a list of processes", () => busy(processes)],
  ["8 busy GPUs without one", () => busy([])],
])("WIRE-9 every sample of %s reaches a reading viewer from the first second on", async (_, start) => {
  sidecar = await start();
  panel = connectPanel(sidecar.url, { transports: ["polling", "websocket"] });
  const { samples } = panel;
  await waitUntil(() => samples.length >= SAMPLES, { timeoutMs: 90_000, what: `${SAMPLES} samples` });
  const seqs = samples.map(([seq]) => seq ?? 0);
  const first = seqs[0] ?? 0;
  expect(seqs).toEqual(seqs.map((_, i) => first + i));
  expect(first - (panel.hellos.at(-1)?.seq ?? 0)).toBeLessThanOrEqual(1);
});
