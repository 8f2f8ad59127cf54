import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { waitUntil } from "./wait-until.ts";

const answerSchema = v.object({
  status: v.literal("success"),
  data: v.object({
    result: v.array(
      v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), v.string()]) }),
    ),
  }),
});

/** A value of an instant query with its labels. */
export interface QueryValue {
  labels: Record<string, string>;
  value: number;
}

export interface Prometheus {
  /** What a PromQL expression gives now. */
  query(expression: string): Promise<QueryValue[]>;
  close(): Promise<void>;
}

/** A real Prometheus that scrapes one target every second, on a free port, with its data in a folder of its own. */
export async function startPrometheus(
  executable: string,
  target: URL,
  metricsPath: string,
): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), "gpu-panel-prometheus-"));
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [
      {
        job_name: "gpu-status-panel",
        metrics_path: metricsPath,
        static_configs: [{ targets: [target.host] }],
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(dir, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  let output = "";
  const child = spawn(
    executable,
    [
      `--config.file=${join(dir, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(dir, "data")}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await waitUntil(
    async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${output}`);
      return fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { what: () => `Prometheus to be ready; it said: ${output}`, timeoutMs: 40_000 },
  );
  return {
    async query(expression) {
      const body = new URLSearchParams({ query: expression });
      const response = await fetch(`http://${address}/api/v1/query`, { method: "POST", body });
      const answer: unknown = await response.json();
      const parsed = v.safeParse(answerSchema, answer);
      if (!parsed.success) throw new Error(`${expression}: ${JSON.stringify(answer)}`);
      return parsed.output.data.result.map(({ metric, value: [, value] }) => ({
        labels: metric,
        value: Number(value),
      }));
    },
    async close() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago: Prometheus does not tell which one it took itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== "object" || address === null) throw new Error("there is no free port");
  return address.port;
}
