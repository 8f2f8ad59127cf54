import { existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { createFakeNvidiaSmi, fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { listen, shut } from "../helpers/listen.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { spawnSidecar, startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});
async function start(options: RigOptions = {}): Promise<Rig> {
  rig = await startRig(options);
  return rig;
}

const healthOf = (url: string) => fetch(`${url}healthz`);

describe("the HTTP API", () => {
  test("WIRE-8b healthz is 503 with the reason while samples do not come, and 200 while they do", async () => {
    const { sidecar, fake } = await start();
    await waitUntil(async () => (await healthOf(sidecar.url)).status === 200, { what: "200" });
    fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
    fake.kill("SIGKILL");
    const down = await waitUntil(
      async () => {
        const response = await healthOf(sidecar.url);
        const body = await response.json();
        return response.status === 503 && String(body.reason).includes("no GPU") ? body : null;
      },
      { what: "503 with the reason" },
    );
    expect(down).toMatchObject({ status: "degraded" });
    fake.set({ behaviour: { kind: "ok" } });
    await waitUntil(async () => (await healthOf(sidecar.url)).status === 200, { what: "200 again" });
  });

  test("WIRE-8 everything answers under the base path, and nothing above it", async () => {
    const { sidecar, connect } = await start({ flags: ["--base-path", "gpu/panel"] });
    expect(sidecar.url).toMatch(/\/gpu\/panel\/$/);
    const root = new URL("/", sidecar.url).href;
    expect((await fetch(`${root}healthz`)).status).toBe(404);
    expect((await fetch(root)).status).toBe(404);
    const redirected = await fetch(`${root}gpu/panel`, { redirect: "manual" });
    expect([redirected.status, redirected.headers.get("location")]).toEqual([308, "panel/"]);
    for (const page of ["", "embed", "embed?view=bar"]) {
      const response = await fetch(sidecar.url + page);
      expect(response.headers.get("content-type")).toContain("text/html");
      const script = /src="(\.\/assets\/[^"]+)"/.exec(await response.text())?.[1];
      expect((await fetch(new URL(script ?? "", sidecar.url + page))).status).toBe(200);
    }
    await connect().hello();
  });

  test("WIRE-8c the state of eight GPUs travels packed to who can unpack it, and plain to others", async () => {
    const { sidecar } = await start({ script: { gpus: Array.from({ length: 8 }, (_, i) => fakeGpu(i)) } });
    await waitUntil(async () => (await healthOf(sidecar.url)).status === 200, { what: "samples" });
    const ask = (encoding: string) =>
      new Promise<{ encoding: string | undefined; sent: number; bytes: Buffer }>((resolve, reject) => {
        const headers = { "accept-encoding": encoding };
        request(`${sidecar.url}api/v1/state`, { headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              encoding: response.headers["content-encoding"],
              sent: Number(response.headers["content-length"]),
              bytes: Buffer.concat(chunks),
            }),
          );
        })
          .on("error", reject)
          .end();
      });
    const packed = await ask("br;q=1, gzip");
    const plain = await ask("identity");
    expect([packed.encoding, plain.encoding]).toEqual(["gzip", undefined]);
    expect([packed.sent, plain.sent]).toEqual([packed.bytes.length, plain.bytes.length]);
    expect(packed.sent).toBeLessThan(plain.sent / 3);
    expect(JSON.parse(gunzipSync(packed.bytes).toString()).state.gpus).toHaveLength(8);
    expect((await ask("gzip;q=0")).encoding).toBeUndefined();
  });

  test("CAP-5 the state's capacity is its own figures' arithmetic", async () => {
    const { sidecar } = await start();
    await waitUntil(async () => (await healthOf(sidecar.url)).status === 200, { what: "samples" });
    // Until the processes have been listed once nobody knows who is there.
    const { state, profiles } = await waitUntil(
      async () => {
        const hello = await (await fetch(`${sidecar.url}api/v1/state`)).json();
        return hello.state.capacity.canStart !== null && hello;
      },
      { what: "the first list of processes" },
    );
    const [gpu] = state.capacity.perGpu;
    const roomMiB = state.gpus[0].memoryFreeMiB - gpu.promisedMiB - gpu.residentsMiB - gpu.reserveMiB;
    const expected = gpu.inResidents + Math.max(0, Math.floor(roomMiB / gpu.perJobMiB));
    expect([gpu.canStart, gpu.freeMiB, state.capacity.canStart]).toEqual([
      expected,
      state.gpus[0].memoryFreeMiB,
      expected,
    ]);
    expect(gpu.explanation).toContain(gpu.freeMiB.toLocaleString("en"));
    const listed = await (await fetch(`${sidecar.url}api/v1/profiles`)).json();
    expect(listed.profiles).toEqual(profiles);
  });

  test("WIRE-6 errors are problem+json with what to do", async () => {
    const { sidecar } = await start();
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(sidecar.url + path, init);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      const body = await response.json();
      expect(body.advice).toBeTruthy();
      return [response.status, body.code];
    };
    const json = { "content-type": "application/json" };
    const post = (body: string, headers: Record<string, string> = json) =>
      ask("api/v1/release", { method: "POST", headers, body });
    expect(await ask("nothing/here")).toEqual([404, "not-found"]);
    expect(await ask("api/v1/release/unknown")).toEqual([404, "not-found"]);
    expect(await ask("api/v1/state", { method: "DELETE" })).toEqual([405, "method-not-allowed"]);
    expect(await post("{")).toEqual([400, "bad-request"]);
    expect(await post('{"mode":"please"}')).toEqual([400, "bad-request"]);
    expect(await post('{"unknown":1}')).toEqual([400, "bad-request"]);
    expect(await post("{}", { "content-type": "text/plain" })).toEqual([400, "bad-request"]);
    expect(await post(JSON.stringify({ backend: "x".repeat(20_000) }))).toEqual([413, "body-too-large"]);
    expect(await post('{"mode":"interrupt"}')).toEqual([409, "mode-unsupported"]);
  });

  test("SEC-1 SEC-2 foreign origins and rebound names are refused; allowed ones may read", async () => {
    const { sidecar } = await start({ flags: ["--allow-origin", "https://webui.example"] });
    const { port } = new URL(sidecar.url);
    // fetch sets these headers itself, so the plain client is used.
    const statusWith = (headers: Record<string, string>, path = "/healthz") =>
      new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
        request({ port, host: "127.0.0.1", path, headers }, (response) => {
          response.resume();
          resolve([response.statusCode, response.headers["access-control-allow-origin"]]);
        })
          .on("error", reject)
          .end();
      });
    expect(await statusWith({ origin: "https://evil.example" })).toEqual([403, undefined]);
    expect(await statusWith({ origin: "null" })).toEqual([403, undefined]);
    expect(await statusWith({ host: "evil.example" })).toEqual([403, undefined]);
    expect((await statusWith({ host: "webui.example" }))[0]).not.toBe(403);
    expect((await statusWith({ origin: "https://webui.example" }))[1]).toBe("https://webui.example");
    expect((await statusWith({}, "/../../../../etc/passwd"))[0]).toBe(404);
    expect((await statusWith({}, "/assets/%2e%2e/%2e%2e/package.json"))[0]).toBe(404);
    expect((await statusWith({}, "//"))[0]).not.toBe(500);
  });
});

describe("starting", () => {
  test("CFG-1b a wrong flag is named, nothing starts, exit code 1", async () => {
    const { output, ended } = spawnSidecar(["--interval", "5", "--backend", "http"]);
    expect(await ended).toBe(1);
    expect(output()).toContain("--interval");
    expect(output()).toContain("at least 200");
    expect(output()).not.toContain("GPU status panel: http");
  });

  test("CFG-2 CFG-2b a port that a panel has: said with its address, exit code 3, and nothing was begun", async () => {
    const { sidecar } = await start();
    const fake = createFakeNvidiaSmi();
    const data = join(fake.dir, "data");
    const flags = ["--port", new URL(sidecar.url).port, "--base-path", "/elsewhere/"];
    const { output, ended } = spawnSidecar(flags, { ...fake.env, GPU_PANEL_DATA_DIR: data });
    expect(await ended).toBe(3);
    expect(output()).toMatch(/port \d+ on 127\.0\.0\.1 is in use: a GPU status panel \(version .+\)/);
    expect(output()).toContain(`already runs at ${sidecar.url}`);
    expect([fake.starts(), existsSync(data)]).toEqual([[], false]);
    fake.dispose();
  });

  test("CFG-2b a port that another program has: said with a way to find it, exit code 3", async () => {
    const other = createServer((_, response) => response.end("{}"));
    const port = await listen(other);
    const { output, ended } = spawnSidecar(["--port", String(port)]);
    expect(await ended).toBe(3);
    expect(output()).toMatch(/port \d+ on 127\.0\.0\.1 is in use by another program/);
    expect(output()).toContain("ss -ltnp");
    await shut(other);
  });

  test("SMP-13 SMP-13b without nvidia-smi the demo is shown and says so; one that fails is not replaced", async () => {
    const bare = await startSidecar([], { PATH: "/nonexistent" });
    expect(bare.output()).toContain("simulated GPUs");
    const demo = await (await fetch(`${bare.url}api/v1/state`)).json();
    expect(demo.state.source).toMatchObject({ kind: "demo", demoReason: "no-nvidia-smi" });
    await bare.end();
    const { sidecar } = await start({
      script: { behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } },
    });
    const source = await waitUntil(
      async () => {
        const { state } = await (await fetch(`${sidecar.url}api/v1/state`)).json();
        return state.source.problem === null ? null : state.source;
      },
      { what: "the problem" },
    );
    expect(source).toMatchObject({ kind: "nvidia-smi", problem: { code: "no-devices" } });
  });
});
