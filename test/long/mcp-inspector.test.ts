import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { expect, inject, onTestFinished, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inspect, mcpInspector } from "../helpers/mcp-inspector.ts";
import { startRig } from "../helpers/rig.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));
const TOKEN = "right-token";
const toolsSchema = v.object({
  tools: v.array(v.object({ name: v.string(), inputSchema: v.object({ type: v.literal("object") }) })),
});
const calledSchema = v.object({
  isError: v.optional(v.boolean(), false),
  content: v.pipe(v.array(v.object({ type: v.literal("text"), text: v.string() })), v.minLength(1)),
});

test("MCP-1 MCP-2 MCP-4 the MCP inspector's command line lists and calls the tools, over HTTP and by standard input and output", async (context) => {
  const found = await mcpInspector();
  if ("missing" in found) {
    process.stdout.write(`SKIPPED: ${found.missing}\n`);
    return context.skip(found.missing);
  }
  const script = { gpus: [fakeGpu(0, { "memory.used": 1024 })] };
  const rig = await startRig({ script, flags: ["--token", TOKEN] });
  onTestFinished(rig.close);
  const { url } = rig.sidecar;
  const folder = mkdtempSync(join(inject("runFolder"), "inspector-"));
  const ask = (method: readonly string[], way: readonly string[]) =>
    inspect(found.cli, ["--method", ...method, ...way], folder);
  const http = (token?: string) => [
    ...["--server-url", `${url}mcp`, "--transport", "http"],
    ...(token === undefined ? [] : ["--header", `Authorization: Bearer ${token}`]),
  ];
  const stdio = (token?: string) => [
    ...(token === undefined ? [] : ["-e", `GPU_PANEL_TOKEN=${token}`]),
    ...["--", process.execPath, MAIN, "mcp", "--url", url],
  ];
  for (const way of [http, stdio]) {
    const list = async (token?: string) =>
      v.parse(toolsSchema, await ask(["tools/list"], way(token))).tools.map(({ name }) => name);
    const looks = await list();
    expect(looks).toContain("gpu_status");
    expect(looks).not.toContain("release_vram");
    expect(await list(TOKEN)).toEqual(expect.arrayContaining([...looks, "start_job", "release_vram"]));

    const call = async (name: string, args: object, token?: string) => {
      const named = ["tools/call", "--tool-name", name, "--tool-args-json", JSON.stringify(args)];
      const { isError, content } = v.parse(calledSchema, await ask(named, way(token)));
      return { isError, text: content[0]?.text ?? "" };
    };
    const status = await call("gpu_status", {});
    expect(JSON.parse(status.text)).toMatchObject({ gpus: [{ memoryUsedMiB: 1024 }] });
    const job = await call("start_job", { peakMiB: 4000, label: "inspected" }, TOKEN);
    expect(JSON.parse(job.text)).toMatchObject({ label: "inspected" });
    expect(await call("release_vram", {}, TOKEN)).toMatchObject({
      isError: true,
      text: expect.stringContaining("confirm"),
    });
  }
}, 600_000);
