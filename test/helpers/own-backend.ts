import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import { waitUntil } from "./wait-until.ts";

const FILE = fileURLToPath(new URL("../fixtures/backends/own-backend.mjs", import.meta.url));
const lineSchema = v.union([v.object({ port: v.number() }), v.object({ asked: v.string() })]);

/** A program that listens, as a child of the test. */
export interface OwnBackend {
  port: number;
  pid: number;
  /** Every request so far: `GET /path`. */
  asked: readonly string[];
}

export const COMFYUI = {
  "GET /prompt": { exec_info: { queue_remaining: 0 } },
  "POST /free": "",
};

/** @param onAsked told of each request when it has been answered */
export async function startOwnBackend(
  answers: Readonly<Record<string, unknown>> = COMFYUI,
  { host = "127.0.0.1", onAsked = () => {} }: { host?: string; onAsked?: (asked: string) => void } = {},
): Promise<OwnBackend> {
  const child = spawn(process.execPath, [FILE, JSON.stringify(answers), host], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, "exit");
  });
  const asked: string[] = [];
  let port: number | null = null;
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const said = v.parse(lineSchema, JSON.parse(line));
      if ("port" in said) port = said.port;
      else {
        asked.push(said.asked);
        onAsked(said.asked);
      }
    }
  });
  const listening = await waitUntil(() => port, { what: "the port of a backend of its own" });
  if (child.pid === undefined) throw new Error("the backend did not start");
  return { port: listening, pid: child.pid, asked };
}
