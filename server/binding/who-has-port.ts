import * as v from "valibot";

/** A panel of ours that answers at an address. */
export interface RunningPanel {
  url: string;
  /** `null`: it does not tell. */
  version: string | null;
}

const PATIENCE_MS = 1500;
const envelopeSchema = v.object({ bootId: v.string(), version: v.string() });
const healthSchema = v.object({ status: v.picklist(["ok", "degraded"]) });

/**
 * Asks whoever listens at a port whether it is a panel of ours. `null`: another program, or no answer in time.
 * @param basePath begins and ends with a slash; the other panel may lie at the root instead
 */
export async function whoHasPort(host: string, port: number, basePath: string): Promise<RunningPanel | null> {
  for (const path of new Set([basePath, "/"])) {
    const url = urlOf(host, port, path);
    const version = await versionAt(url);
    if (version !== null) return { url, version };
    // One that has only just started may have been too busy with that to answer.
    if (v.is(healthSchema, await ask(`${url}healthz`))) return { url, version: await versionAt(url) };
  }
  return null;
}

async function versionAt(url: string): Promise<string | null> {
  const told = v.safeParse(envelopeSchema, await ask(`${url}api/v1/state`));
  return told.success ? told.output.version : null;
}

/** An address that a program on this machine can ask. */
export function urlOf(host: string, port: number, basePath: string): string {
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}`;
}

async function ask(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    return await answer.json();
  } catch {
    return null;
  }
}
