import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { COMFYUI, type ComfyUi, startComfyUi } from "./comfyui-server.ts";

const jobSchema = v.object({ id: v.string(), label: v.string(), state: v.string() });
const MODEL_MIB = 18_000;

async function json(url: string, method = "GET", body?: unknown, token = ""): Promise<unknown> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await (await fetch(url, { method, headers, ...text })).text();
  return answer === "" ? null : JSON.parse(answer);
}
const jobsOf = async ({ panel }: ComfyUi) =>
  v.parse(v.object({ jobs: v.array(jobSchema) }), await json(`${panel}api/v1/jobs`)).jobs;

/** A language model's server: it answers once it has the card, and keeps it until it is told to leave. */
async function startModel({ panel, folder }: ComfyUi) {
  const [file = ""] = readdirSync(join(folder, "data")).filter((name) => name.endsWith(".token"));
  const token = readFileSync(join(folder, "data", file), "utf8").trim();
  let held: string | null = null;
  async function answer(): Promise<string> {
    const asked = { label: "model", peakMiB: MODEL_MIB };
    let job = v.parse(jobSchema, await json(`${panel}api/v1/jobs`, "POST", asked, token));
    held = job.id;
    while (job.state === "waiting")
      job = v.parse(jobSchema, await json(`${panel}api/v1/jobs/${held}?wait=5`));
    return job.state;
  }
  const server: Server = createServer((_, response) => void answer().then((state) => response.end(state)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`,
    leave: () => json(`${panel}api/v1/jobs/${held}`, "DELETE", {}, token),
  };
}

let seeds = 0;
/** A sampler, a model that is asked in the middle, and another sampler; each time a new one. */
function promptOf(url: string, between: boolean) {
  const work = (mib: number, after: unknown) => ({
    class_type: "TestSampler",
    inputs: { ...{ seconds: 0.5, seed: seeds++, mib, fail: "" }, unet_name: "wan_fp16.safetensors", after },
  });
  return {
    1: { class_type: "EmptyLatentImage", inputs: { width: 832, height: 480, batch_size: 1 } },
    2: work(14_000, ["1", 0]),
    3: { class_type: "GpuStatusPanelGiveWay", inputs: { anything: ["2", 0] } },
    4: { class_type: "TestAsk", inputs: { url, what: [between ? "3" : "2", 0] } },
    5: { class_type: "GpuStatusPanelTakeBack", inputs: { anything: ["4", 0] } },
    6: work(9000, ["5", 0]),
    7: { class_type: "TestShow", inputs: { what: ["6", 0] } },
  };
}

test.runIf(COMFYUI !== null)(
  "HOST-8g HOST-8h HND-10c real ComfyUI: a model that is asked in the middle of a prompt has the card meanwhile",
  async () => {
    const comfy = await startComfyUi();
    const model = await startModel(comfy);
    const states = async (label: "model" | "prompt") =>
      (await jobsOf(comfy))
        .filter((job) => (job.label === "model") === (label === "model"))
        .map((job) => job.state);
    const until = (what: string, check: () => Promise<boolean>) =>
      waitUntil(check, { what, timeoutMs: 120_000 });
    // ComfyUI's process is seen on the card, whose backend says all the time that it is busy.
    const { pid = 0 } = comfy.process;
    const own = { gpu_uuid: fakeGpu(0).uuid, pid, process_name: "python", used_memory: 600 };
    comfy.fake.set({ processes: [own] });
    const queue = (between: boolean) =>
      json(`${comfy.url}prompt`, "POST", { prompt: promptOf(model.url, between), client_id: "a-page" });

    const first = v.parse(v.object({ prompt_id: v.string() }), await queue(true));
    await until("the model to have the card", async () => (await states("model")).includes("running"));
    await until("the rest to wait", async () => (await states("prompt")).includes("waiting"));
    expect((await states("prompt")).sort()).toEqual(["done", "waiting"]);
    await model.leave();
    await until("both halves to be over", async () => (await states("prompt")).join() === "done,done");
    const history = v.parse(
      v.record(v.string(), v.object({ status: v.object({ status_str: v.string() }) })),
      await json(`${comfy.url}history/${first.prompt_id}`),
    );
    expect(history[first.prompt_id]?.status.status_str).toBe("success");
    // What the halves showed is known of the whole workflow: the first needed the most.
    const fit = await json(`${comfy.url}gpu-status-panel/comfyui/fit`, "POST", {
      prompt: promptOf(model.url, true),
    });
    expect(fit).toMatchObject({ fit: { basis: "measured", peakMiB: 14_000 } });

    // An interrupt ends the wait, and nobody waits afterwards.
    await queue(true);
    await until("the rest to wait", async () => (await states("prompt")).includes("waiting"));
    await json(`${comfy.url}interrupt`, "POST", {});
    await until("nobody to wait", async () =>
      (await states("prompt")).every((state) => state !== "waiting" && state !== "running"),
    );
    await model.leave();

    // Without giving way the two wait for each other: the model is not let in while the prompt runs.
    await queue(false);
    await until("the model to wait", async () => (await states("model")).includes("waiting"));
    expect(await states("prompt")).toContain("running");
    await model.leave();
    await until("the prompt to go on", async () => !(await states("prompt")).includes("running"));
  },
  600_000,
);
