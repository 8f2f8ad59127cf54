import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, onTestFinished, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { ROOM, startJobs } from "../helpers/jobs-rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));
const LOOKS = ["gpu_status", "job_profiles", "gpu_fit", "release_result", "gpu_history"];
const ACTS = ["start_job", "wait_for_job", "end_job", "release_vram"];

async function connect(transport: StreamableHTTPClientTransport | StdioClientTransport) {
  const client = new Client({ name: "test", version: "1" });
  // The transport's own types allow `undefined` where the client's do not.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  onTestFinished(() => client.close());
  async function call(name: string, args: Record<string, unknown> = {}) {
    const { isError = false, content } = await client.callTool({ name, arguments: args });
    const [first] = Array.isArray(content) ? content : [];
    return { isError, text: String(first?.text), data: isError ? null : JSON.parse(first?.text) };
  }
  const names = async () => (await client.listTools()).tools.map(({ name }) => name).sort();
  return { client, call, names };
}
const overHttp = (url: string, token?: string) =>
  connect(
    new StreamableHTTPClientTransport(new URL("mcp", url), {
      requestInit: token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    }),
  );
const overStdio = (url: string, env: Record<string, string> = {}) =>
  connect(
    new StdioClientTransport({
      ...{ command: process.execPath, args: [MAIN, "mcp", "--url", url], stderr: "ignore" },
      env: { PATH: process.env.PATH ?? "", ...env },
    }),
  );

test("MCP-1 MCP-2 MCP-3 MCP-4 an agent looks, waits for room, ends its job and releases, by the official client", async () => {
  const { rig, jobs } = await startJobs(
    {
      ...{
        own: false,
        flags: ["--token", "right-token"],
        script: { gpus: [fakeGpu(0, { "memory.used": 1024 })] },
      },
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 600 });
        response.writeHead(204).end();
      },
    },
    { authorization: "Bearer right-token" },
  );
  const { url } = rig.sidecar;
  const stranger = await overHttp(url);
  expect(await stranger.names()).toEqual([...LOOKS].sort());
  expect((await stranger.call("release_vram", { confirm: true })).text).toMatch(/^not-allowed: /);
  expect((await stranger.call("gpu_status")).data.gpus[0].memoryUsedMiB).toBe(1024);

  for (const agent of [
    await overHttp(url, "right-token"),
    await overStdio(url, { GPU_PANEL_TOKEN: "right-token" }),
  ]) {
    expect(await agent.names()).toEqual([...LOOKS, ...ACTS].sort());
    expect((await agent.call("gpu_fit", { peakMiB: 8000 })).data).toMatchObject({ fits: true });
    const history = await agent.call("gpu_history", { from: -60_000, points: 5 });
    expect(history.data.gpus[0].name).toContain("4090");
    const full = (await agent.call("start_job", { peakMiB: ROOM, label: "agent" })).data;
    expect(full).toMatchObject({ state: "running", gpus: [0], label: "agent" });
    const next = agent.call("start_job", { peakMiB: 4000, label: "next" });
    const waiting = await waitUntil(
      async () => (await jobs.list()).find(({ label, state }) => label === "next" && state === "waiting"),
      { what: "the next one to wait" },
    );
    const again = agent.call("wait_for_job", { id: waiting.id });
    expect((await agent.call("end_job", { id: full.id })).data.state).toBe("done");
    expect([(await next).data.state, (await again).data.state]).toEqual(["running", "running"]);
    await agent.call("end_job", { id: waiting.id, outcome: "failed", oom: true });
    expect((await agent.call("end_job", { id: "none" })).text).toMatch(/^not-found/);
    expect((await agent.call("start_job", { peakMiB: "much" })).text).toMatch(/^bad-request: .*peakMiB/);
    expect((await agent.call("no_such_tool")).isError).toBe(true);
    expect((await agent.call("release_vram")).text).toMatch(/^bad-request: .*confirm/);
    expect((await agent.call("release_vram", { confirm: false })).text).toMatch(/confirm: true is needed/);
  }
  expect(rig.hook.calls).toHaveLength(0);
  const agent = await overHttp(url, "right-token");
  const { id } = (await agent.call("release_vram", { confirm: true })).data;
  await waitUntil(async () => (await agent.call("release_result", { id })).data.state === "done", {
    what: "the release",
  });
  expect(rig.hook.calls).toHaveLength(1);
});

test("MCP-2b foreign origins, rebound names and other methods are refused before anything is read", async () => {
  const { rig } = await startJobs({ own: false });
  const { port } = new URL(rig.sidecar.url);
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const ask = (method: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const all = {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      };
      const sent = request({ host: "127.0.0.1", port, path: "/mcp", method, headers: all }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject);
      sent.end(method === "POST" ? body : undefined);
    });
  expect(await ask("POST", {})).toBe(200);
  expect(await ask("POST", { origin: "http://evil.example" })).toBe(403);
  expect(await ask("POST", { host: `evil.example:${port}` })).toBe(403);
  expect(await ask("POST", { "content-type": "text/plain" })).toBe(400);
  expect([await ask("GET", {}), await ask("DELETE", {})]).toEqual([405, 405]);
});

test("MCP-5 where no panel answers, each question is answered with that and what to do", async () => {
  await expect(overStdio("http://127.0.0.1:39999/")).rejects.toThrow(
    /no panel answers at .*gpu-status-panel/,
  );
});
