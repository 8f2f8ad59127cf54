import type { Options } from "../config/options.ts";
import { reasonOf } from "../lib/reason-of.ts";
import { urlOf } from "./who-has-port.ts";

const PATIENCE_MS = 5000;

/** `--check`: whether samples come from the panel that runs with these settings, as an exit code. */
export async function checkRunning({
  host,
  port,
  basePath,
}: Pick<Options, "host" | "port" | "basePath">): Promise<{ code: number; said: string }> {
  const url = `${urlOf(host, port, basePath)}healthz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    return { code: answer.ok ? 0 : 1, said: await answer.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { code: 1, said: `${url}: ${reasonOf(cause)}` };
  }
}
