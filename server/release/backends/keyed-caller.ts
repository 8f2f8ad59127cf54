import { type Caller, type CallerOptions, createCaller } from "./call.ts";

/** The longest a status call may take: what is slower is of no use to a panel. */
const STATUS_TIMEOUT_MS = 5000;

export interface KeyedOptions extends CallerOptions {
  apiKey?: string | undefined;
}

/** A caller that sends the key as Bearer; headers of the config go before it. */
export function createKeyedCaller({ apiKey, ...options }: KeyedOptions): Caller {
  const headers = {
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...options.headers,
  };
  return createCaller({ ...options, headers });
}

export function statusTimeoutMs({ timeoutMs }: CallerOptions): number {
  return Math.min(STATUS_TIMEOUT_MS, timeoutMs);
}
