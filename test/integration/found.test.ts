import { describe, expect, onTestFinished, test } from "vitest";
import type { Found } from "../../shared/release/found.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { COMFYUI, type OwnBackend, startOwnBackend } from "../helpers/own-backend.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const GPU = fakeGpu(0, { "memory.used": 18_000, "memory.total": 24_564, "utilization.gpu": 0 });

/** A machine on whose GPU these programs are, and where nothing is set up. */
async function startBare(programs: readonly OwnBackend[], options: RigOptions = {}): Promise<Rig> {
  const processes = programs.map(({ pid }) => ({
    ...{ gpu_uuid: String(GPU.uuid), pid, process_name: "/opt/venv/bin/python", used_memory: 16_000 },
  }));
  const { settings, ...more } = options;
  const rig = await startRig({
    script: { gpus: [GPU], processes },
    ...more,
    settings: { backends: [], findBackends: true, ...settings },
  });
  onTestFinished(() => rig.close());
  return rig;
}

const ask = async (rig: Rig, method: string, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${rig.sidecar.url}api/v1/${path}`, { method, headers });
  return { status: response.status, body: await response.json() };
};
const state = async (rig: Rig) => (await ask(rig, "GET", "state")).body.state;
const foundAt = async (rig: Rig, port: number): Promise<Found | undefined> =>
  (await state(rig)).found.find((one: Found) => one.port === port);
const offerAt = (rig: Rig, port: number) =>
  waitUntil(async () => (await foundAt(rig, port)) ?? null, { what: "the offer" });
/** So many more samples. */
async function samples(rig: Rig, count: number) {
  const seqOf = async () => (await ask(rig, "GET", "state")).body.seq;
  const from = await seqOf();
  await waitUntil(async () => (await seqOf()) >= from + count, { what: "more samples" });
}

describe("a machine on which nothing is set up", () => {
  test("FND-1 FND-1b FND-1e FND-4 it is asked once, when somebody watches; adopted, a release frees, measured", async () => {
    let free = () => {};
    const comfyui = await startOwnBackend(COMFYUI, {
      onAsked: (asked) => asked === "POST /free" && free(),
    });
    const rig = await startBare([comfyui]);
    free = () => rig.fake.setGpu(0, { "memory.used": 2_000 });
    await samples(rig, 3);
    expect(comfyui.asked).toEqual([]);

    const panel = rig.connect();
    expect((await panel.hello()).capabilities.release.problem?.code).toBe("no-backend");
    const offer = await offerAt(rig, comfyui.port);
    expect(offer).toEqual({
      ...{ id: `comfyui-${comfyui.port}`, kind: "comfyui", port: comfyui.port, pid: comfyui.pid },
      ...{ gpus: [0], adoptable: true, backend: null },
    });
    await samples(rig, 3);
    expect(comfyui.asked).toEqual(["GET /prompt"]);
    expect(JSON.stringify(await state(rig))).not.toContain("127.0.0.1");

    expect(await ask(rig, "POST", `backends/found/${offer.id}`)).toEqual({
      status: 200,
      body: { id: "comfyui" },
    });
    await waitUntil(async () => (await state(rig)).backends[0]?.reachable, { what: "the backend" });
    const again = rig.connect();
    expect((await again.hello()).capabilities.release).toEqual({ allowed: true, problem: null });
    await ask(rig, "POST", "release", { "content-type": "application/json" });
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: 16_000 });
  });

  test("FND-4c adopted, forgotten, dismissed and looked for again, each over a restart", async () => {
    const comfyui = await startOwnBackend();
    const rig = await startBare([comfyui]);
    const panel = rig.connect();
    await panel.hello();
    const { id } = await offerAt(rig, comfyui.port);
    const adopted = await panel.socket.emitWithAck("adopt-backend", { id });
    expect(adopted).toEqual({ ok: true, data: { id: "comfyui" } });

    await rig.restart();
    expect((await state(rig)).backends).toMatchObject([{ id: "comfyui" }]);
    expect(await foundAt(rig, comfyui.port)).toMatchObject({ backend: "comfyui" });
    const second = rig.connect();
    await second.hello();
    expect((await ask(rig, "DELETE", "backends/comfyui")).status).toBe(200);
    expect((await state(rig)).backends).toEqual([]);
    await waitUntil(async () => (await foundAt(rig, comfyui.port))?.backend === null, { what: "the offer" });
    expect(await second.socket.emitWithAck("dismiss-backend", { id })).toMatchObject({ ok: true });
    expect(await foundAt(rig, comfyui.port)).toBeUndefined();

    await rig.restart();
    const third = rig.connect();
    await third.hello();
    await waitUntil(() => comfyui.asked.filter((one) => one === "GET /prompt").length > 2, {
      what: "that it was asked again",
    });
    await samples(rig, 2);
    expect(await foundAt(rig, comfyui.port)).toBeUndefined();
    expect((await ask(rig, "POST", "backends/look")).status).toBe(200);
    await offerAt(rig, comfyui.port);
  });

  test("FND-2b FND-3 what cannot unload is told of and not adopted; other addresses and strangers are no offer", async () => {
    const gradio = await startOwnBackend({ "GET /config": { version: "5.49.1", mode: "blocks" } });
    const elsewhere = await startOwnBackend(COMFYUI, { host: "127.0.0.2" });
    const stranger = await startOwnBackend({ "GET /prompt": "<html>Welcome</html>" });
    const rig = await startBare([gradio, elsewhere, stranger]);
    await rig.connect().hello();
    const offer = await offerAt(rig, gradio.port);
    expect(offer).toMatchObject({ kind: "gradio", adoptable: false });
    expect((await ask(rig, "POST", `backends/found/${offer.id}`)).status).toBe(404);
    await waitUntil(() => stranger.asked.length > 0, { what: "that the stranger was asked" });
    expect(stranger.asked.filter((one) => !one.startsWith("GET "))).toEqual([]);
    expect(new Set(stranger.asked).size).toBe(stranger.asked.length);
    expect(elsewhere.asked).toEqual([]);
    expect(await foundAt(rig, stranger.port)).toBeUndefined();

    const hook = { url: `http://127.0.0.1:${gradio.port}/unload`, label: "app", ttl: 60 };
    const headers = { "content-type": "application/json" };
    const api = `${rig.sidecar.url}api/v1/backends`;
    expect((await fetch(api, { method: "POST", headers, body: JSON.stringify(hook) })).status).toBe(200);
    expect(await foundAt(rig, gradio.port)).toBeUndefined();
  });
});

test("FND-4b without the token, or on the page of one app, nothing is adopted, dismissed, forgotten or looked for", async () => {
  const comfyui = await startOwnBackend();
  const rig = await startBare([comfyui], { flags: ["--token", "secret-token"] });
  const panel = rig.connect();
  expect((await panel.hello()).capabilities.release.problem?.code).toBe("not-allowed");
  const { id } = await offerAt(rig, comfyui.port);
  const demands = [
    ["POST", `backends/found/${id}`],
    ["DELETE", `backends/found/${id}`],
    ["DELETE", "backends/comfyui"],
    ["POST", "backends/look"],
  ] as const;
  const token = { authorization: "Bearer secret-token" };
  const app = { ...token, "x-gpu-panel-backend": "app" };
  expect((await ask(rig, "GET", "state", app)).body.capabilities.release.own).toBe("app");
  for (const [method, path] of demands) {
    expect((await ask(rig, method, path)).status).toBe(403);
    const confined = await ask(rig, method, path, app);
    expect(confined).toMatchObject({ status: 403, body: { code: "not-allowed" } });
  }
  expect(await panel.socket.emitWithAck("adopt-backend", { id })).toMatchObject({ ok: false });
  expect((await ask(rig, "POST", `backends/found/${id}`, token)).status).toBe(200);
});

test("FND-1e where it is turned off nothing is asked of anybody", async () => {
  const comfyui = await startOwnBackend();
  const rig = await startBare([comfyui], { settings: { findBackends: false } });
  await rig.connect().hello();
  await samples(rig, 4);
  expect(comfyui.asked).toEqual([]);
  expect((await state(rig)).found).toEqual([]);
});
