import * as v from "valibot";
import { type BackendOptions, backendSchema } from "../../server/config/backend-options.ts";
import type { Backend } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../server/timings.ts";
import type { BackendStatus } from "../../shared/release/backend.ts";
import type { FakeBackend } from "../fixtures/backends/fake-backend.ts";

/** Never aborted. */
export const never = new AbortController().signal;

/** The adapter for a fake, as the config file would make it. */
export function adapterOf(kind: BackendOptions["kind"], fake: FakeBackend, more: object = {}): Backend {
  const options = { kind, url: fake.url, timeoutMs: 2000, ...fake.options, ...more };
  return createBackend(v.parse(backendSchema, options), TIMINGS);
}

export async function statusOf(backend: Backend): Promise<BackendStatus> {
  const outcome = await backend.status?.(never);
  if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
  return outcome.status;
}

/** The calls that a fake has received, as `METHOD path`. */
export const routesOf = (fake: FakeBackend) => fake.calls.map(({ method, path }) => `${method} ${path}`);
