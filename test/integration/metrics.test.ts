import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterEach, expect, inject, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { type Prometheus, startPrometheus } from "../helpers/prometheus.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rules = join(root, "integrations/prometheus");

let rig: Rig | undefined;
let prometheus: Prometheus | undefined;
afterEach(async () => {
  await prometheus?.close();
  await rig?.close();
  prometheus = undefined;
  rig = undefined;
});

/** Everything that can be known is: a busy GPU that is slowed down, a backend with an allocator, processes. */
async function startFull(): Promise<Rig> {
  const busy = fakeGpu(0, {
    "memory.used": 18_000,
    "clocks_event_reasons.active": "0x0000000000000004",
    "enforced.power.limit": 450,
  });
  rig = await startRig({
    own: true,
    backends: ["http"],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": 2048 }),
    script: {
      gpus: [busy, fakeGpu(1)],
      // The fake backend listens in this very process.
      processes: [{ gpu_uuid: busy.uuid, pid: process.pid, process_name: "python", used_memory: 17_000 }],
    },
  });
  // Backends are asked while somebody watches.
  await rig.connect().hello();
  return rig;
}
const scrape = async ({ sidecar }: Rig) => (await fetch(`${sidecar.url}metrics`)).text();
const promtool = (args: string[], input = "") => {
  const { status, stdout, stderr } = spawnSync(inject("promtoolPath"), args, {
    input,
    encoding: "utf8",
    cwd: rules,
  });
  return { status, said: stdout + stderr };
};

/** A job has ended well, one waits and one runs, and a release has given something back. */
async function liveThrough({ sidecar }: Rig) {
  const jobs = jobsClient(() => sidecar.url);
  const ended = await jobs.ask({ label: "done", peakMiB: 1000 });
  await jobs.end(ended.job?.id ?? "", { outcome: "done" });
  await jobs.ask({ label: "runs", peakMiB: 1000 });
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ mode: "now" });
  const { id } = await (
    await fetch(`${sidecar.url}api/v1/release`, { method: "POST", headers, body })
  ).json();
  await waitUntil(
    async () => (await (await fetch(`${sidecar.url}api/v1/release/${id}`)).json()).state === "done",
    { what: "the release to end", timeoutMs: 50_000 },
  );
}

const dashboardSchema = v.object({
  panels: v.array(
    v.object({ title: v.string(), targets: v.optional(v.array(v.object({ expr: v.string() })), []) }),
  ),
});

test("MET-3 promtool finds nothing wrong with the metrics", async () => {
  const text = await waitUntil(
    async () => {
      const now = await scrape(await (rig ?? startFull()));
      return now.includes("gpu_panel_backend_allocator") && now.includes("gpu_panel_capacity_can_start")
        ? now
        : null;
    },
    { what: "samples, and the backend's status" },
  );
  expect(promtool(["check", "metrics"], text)).toEqual({ status: 0, said: "" });
});

const inPrometheusReadme = readmeSnippets("integrations/prometheus/README.md");
test("MET-3b promtool finds nothing wrong with the alert rules, each of which fires and does not when it must not", () => {
  for (const args of [
    ["check", "rules", "gpu-status-panel.rules.yml"],
    ["check", "config", "prometheus.yml"],
    inPrometheusReadme.take("inline").code.split(" ").slice(1),
  ]) {
    const { status, said } = promtool(args);
    expect([args.join(" "), status, said.includes("SUCCESS")], said).toEqual([args.join(" "), 0, true]);
  }
});

test("MET-4 a real Prometheus scrapes the sidecar, and every query of the dashboard returns data", async () => {
  const full = await startFull();
  await waitUntil(async () => (await fetch(`${full.sidecar.url}healthz`)).ok, { what: "samples" });
  prometheus = await startPrometheus(inject("prometheusPath"), new URL(full.sidecar.url), "/metrics");
  await liveThrough(full);
  const text = readFileSync(join(root, "integrations/grafana/dashboard.json"), "utf8");
  const { panels } = v.parse(dashboardSchema, JSON.parse(text));
  const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
  expect(queries.length).toBeGreaterThan(25);
  for (const { title, expr } of queries) {
    const filled = expr
      .replaceAll("$gpu", ".*")
      .replaceAll("$instance", ".*")
      .replaceAll("$__rate_interval", "1m")
      .replaceAll("$__range", "3h");
    expect(filled).not.toContain("$");
    const values = await waitUntil(
      async () => {
        const found = await prometheus?.query(filled);
        return found !== undefined && found.length > 0 ? found : null;
      },
      { what: `data for “${title}”: ${filled}`, timeoutMs: 40_000 },
    );
    for (const { value } of values) expect(value, filled).not.toBeNaN();
  }
  const [freed] = await prometheus.query("gpu_panel_release_last_freed_bytes");
  expect(freed?.value).toBe((18_000 - 2048) * 1024 * 1024);
}, 120_000);

test("MET-5 docs/metrics.md lists what is exported, and no other", async () => {
  const full = await startFull();
  await waitUntil(async () => (await fetch(`${full.sidecar.url}healthz`)).ok, { what: "samples" });
  await liveThrough(full);
  const exported = await waitUntil(
    async () => {
      const text = await scrape(full);
      return text.includes("gpu_panel_backend_busy") && text.includes("gpu_panel_compute_processes")
        ? [...text.matchAll(/^# TYPE (\S+)/gm)]
        : null;
    },
    { what: "the backend's status" },
  );
  const listed = readFileSync(join(root, "docs/metrics.md"), "utf8").matchAll(/^\| `(gpu_panel_\w+)/gm);
  // Lost GPUs are exported always; what a backend does not tell is listed, too.
  expect(exported.map(([, name]) => name).sort()).toEqual([...listed].map(([, name]) => name).sort());
});
