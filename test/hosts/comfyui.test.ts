import * as v from "valibot";
import { expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { COMFYUI, type ComfyUi, startComfyUi } from "./comfyui-server.ts";

const jobsSchema = v.object({
  jobs: v.array(
    v.object({
      ...{ id: v.string(), label: v.string(), state: v.string(), profile: v.nullable(v.string()) },
      ...{ phase: v.nullable(v.string()), pid: v.nullable(v.number()), backend: v.nullable(v.string()) },
      ...{ requestedAt: v.number(), endedAt: v.nullable(v.number()) },
    }),
  ),
});
const fitSchema = v.object({
  signature: v.nullable(v.record(v.string(), v.unknown())),
  fit: v.object({
    ...{ basis: v.string(), peakMiB: v.number(), uncertaintyMiB: v.number() },
    leastMiB: v.nullable(v.number()),
  }),
});

interface Wanted {
  seconds?: number;
  mib?: number;
  fail?: string;
  width?: number;
}

if (COMFYUI === null) {
  process.stdout.write("COMFYUI_DIR names no checkout: ComfyUI's pack is tested with a stand-in alone.\n");
}

let seeds = 0;
/** A loader, two samplers, a decoder; a new one each time, so that ComfyUI knows none of its results. */
function promptOf({ seconds = 0.6, mib = 0, fail = "", width = 832 }: Wanted = {}) {
  const seed = seeds++;
  const work = (class_type: string, after: unknown, more = {}) => {
    const inputs = { seconds, seed, mib, fail: "", unet_name: "wan_fp16.safetensors", after, ...more };
    return { class_type, inputs };
  };
  return {
    1: { class_type: "EmptyLatentImage", inputs: { width, height: 480, batch_size: 1 } },
    2: work("TestLoader", ["1", 0], { seconds: 0 }),
    3: work("TestSampler", ["2", 0]),
    4: work("TestSampler", ["3", 0], { fail }),
    5: work("TestDecoder", ["4", 0]),
    6: { class_type: "TestShow", inputs: { what: ["5", 0] } },
  };
}

async function post(url: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

async function queue({ url }: ComfyUi, prompt: unknown, more = {}): Promise<string> {
  const answer = await post(`${url}prompt`, { prompt, ...more });
  return v.parse(v.object({ prompt_id: v.string() }), answer).prompt_id;
}

const jobsOf = async ({ panel }: ComfyUi) =>
  v.parse(jobsSchema, await (await fetch(`${panel}api/v1/jobs`)).json()).jobs;
const fitOf = async ({ url }: ComfyUi, prompt: unknown) =>
  v.parse(fitSchema, await post(`${url}gpu-status-panel/comfyui/fit`, { prompt }));
const isDone = async ({ url }: ComfyUi, id: string) =>
  Object.keys(v.parse(v.record(v.string(), v.unknown()), await (await fetch(`${url}history/${id}`)).json()))
    .length > 0;
const until = (what: string, check: () => Promise<boolean>) => waitUntil(check, { what, timeoutMs: 60_000 });
const runs = (comfy: ComfyUi, phase: string) =>
  until(`${phase} to run`, async () =>
    (await jobsOf(comfy)).some((job) => job.state === "running" && job.phase === phase),
  );
const over = (comfy: ComfyUi, count: number) =>
  until(`${count} jobs to be over`, async () => {
    const jobs = await jobsOf(comfy);
    return jobs.length === count && jobs.every(({ state }) => state !== "running" && state !== "waiting");
  });

/** Every phase that the job that runs has told, until so many jobs are over. */
async function phasesUntilOver(comfy: ComfyUi, count: number) {
  const phases = new Map<string, string[]>();
  await until(`${count} jobs to be over`, async () => {
    const jobs = await jobsOf(comfy);
    for (const { id, phase } of jobs) {
      const seen = phases.get(id) ?? [];
      if (phase !== null && seen.at(-1) !== phase) phases.set(id, [...seen, phase]);
    }
    return jobs.length === count && jobs.every(({ endedAt }) => endedAt !== null);
  });
  return [...phases.values()];
}

test.runIf(COMFYUI !== null)(
  "HOST-5 HOST-5b HOST-5c HOST-6 HOST-8 real ComfyUI: every prompt is a job, as it was",
  {
    timeout: 600_000,
  },
  async () => {
    const comfy = await startComfyUi();
    const states = async () => (await jobsOf(comfy)).map(({ state }) => state).sort();

    // Three in the queue, one of them without a page.
    const client = { client_id: "a-page" };
    for (const more of [client, {}, client]) await queue(comfy, promptOf({ mib: 9000, seconds: 1.5 }), more);
    const phases = await phasesUntilOver(comfy, 3);
    expect(await states()).toEqual(["done", "done", "done"]);
    for (const seen of phases) expect(seen).toEqual(expect.arrayContaining(["TestSampler", "TestSampler 2"]));
    const [first] = await jobsOf(comfy);
    expect(first).toMatchObject({ backend: "comfyui", pid: comfy.process.pid, label: "wan_fp16 832×480" });
    const known = await fitOf(comfy, promptOf());
    expect(known.signature).toMatchObject({ width: 832, height: 480, options: { dtype: "fp16" } });
    expect(known.fit).toMatchObject({ basis: "measured", peakMiB: 9000, leastMiB: 9000 });

    // What ComfyUI still knows runs nothing, and is no job.
    const same = promptOf({ mib: 5000 });
    const whole = await queue(comfy, same);
    await until("it to be over", () => isDone(comfy, whole));
    await over(comfy, 4);
    const again = await queue(comfy, same);
    await until("it to be over again", () => isDone(comfy, again));

    // Of a prompt of which only the decoder runs anew less is seen, and nothing is lowered.
    const decodes = { class_type: same[5].class_type, inputs: { ...same[5].inputs, mib: 0 } };
    const count = 5;
    const part = await queue(comfy, { ...same, 5: decodes });
    await until("the part to be over", () => isDone(comfy, part));
    await over(comfy, count);
    expect((await fitOf(comfy, same)).fit).toMatchObject({ peakMiB: 9000, leastMiB: 5000 });

    // A failure, and out of memory: of the latter more is reserved from now on.
    await queue(comfy, promptOf({ fail: "no such file" }));
    await over(comfy, count + 1);
    expect((await fitOf(comfy, promptOf())).fit.uncertaintyMiB).toBe(90);
    await queue(comfy, promptOf({ fail: "memory", mib: 12_000 }));
    await over(comfy, count + 2);
    expect((await fitOf(comfy, promptOf())).fit.uncertaintyMiB).toBeGreaterThan(4000);

    // Interrupted, cancelled, deleted before it ran.
    await queue(comfy, promptOf({ seconds: 60 }));
    await runs(comfy, "TestSampler");
    const pending = await queue(comfy, promptOf());
    await post(`${comfy.url}queue`, { delete: [pending] });
    await post(`${comfy.url}interrupt`, {});
    await over(comfy, count + 3);
    const cancelled = await queue(comfy, promptOf({ seconds: 60 }));
    await runs(comfy, "TestSampler");
    await post(`${comfy.url}api/jobs/${cancelled}/cancel`, {});
    await over(comfy, count + 4);
    expect((await states()).filter((state) => state === "failed")).toHaveLength(4);

    // The gate: a prompt for which there is no room waits, and can be cancelled; one that has it runs.
    const gpu_uuid = fakeGpu(0).uuid;
    const otherTakes = (used_memory: number) => {
      comfy.fake.setGpu(0, { "memory.used": 1000 + used_memory });
      const other = { gpu_uuid, pid: process.pid, process_name: "another program", used_memory };
      comfy.fake.set({ processes: used_memory === 0 ? [] : [other] });
    };
    otherTakes(19_000);
    await post(`${comfy.url}gpu-status-panel/comfyui/gate`, { on: true });
    await queue(comfy, promptOf());
    await until("it to wait", async () => (await states()).includes("waiting"));
    await post(`${comfy.url}queue`, { clear: true });
    await until("it to be gone", async () => !(await states()).includes("waiting"));
    const held = await queue(comfy, promptOf());
    await until("it to wait", async () => (await states()).includes("waiting"));
    otherTakes(0);
    await until("it to be over", () => isDone(comfy, held));
    await post(`${comfy.url}gpu-status-panel/comfyui/gate`, { on: false });

    // Killed: its job has ended with it.
    await queue(comfy, promptOf({ seconds: 60 }));
    await runs(comfy, "TestSampler");
    comfy.process.kill("SIGKILL");
    await until("no job to run", async () => !(await states()).includes("running"));
  },
);

/** Seconds that so many prompts take, one after the other. */
async function measure(comfy: ComfyUi, prompts: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < prompts; i++) {
    const id = await queue(comfy, promptOf({ seconds: 0.02 }));
    await until("a prompt to be over", () => isDone(comfy, id));
  }
  return (performance.now() - began) / 1000;
}

test.runIf(COMFYUI !== null)(
  "PY-9b real ComfyUI: a sidecar that is frozen or gone makes no prompt slower",
  {
    timeout: 600_000,
  },
  async () => {
    const comfy = await startComfyUi();
    await measure(comfy, 10);
    // In turns, for other programs keep the machine busy too.
    const took = { up: 0, frozen: 0, gone: 0 };
    for (let turn = 0; turn < 3; turn++) {
      took.up += await measure(comfy, 20);
      process.kill(comfy.panelPid(), "SIGSTOP");
      took.frozen += await measure(comfy, 20);
      process.kill(comfy.panelPid(), "SIGCONT");
    }
    comfy.letNoneStart();
    process.kill(comfy.panelPid(), "SIGKILL");
    took.gone = await measure(comfy, 60);
    const ratio = (seconds: number) => (seconds / took.up).toFixed(2);
    process.stdout.write(
      `60 prompts: ${took.up.toFixed(1)} s with the sidecar; frozen ${ratio(took.frozen)} ×, gone ${ratio(took.gone)} × that\n`,
    );
  },
);
