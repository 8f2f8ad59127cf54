import { type Caller, type CallerOptions, createCaller } from "./call.ts";

export interface KeyedOptions extends CallerOptions {
  apiKey?: string | undefined;
}

/** A caller that sends the key as Bearer. */
export function createKeyedCaller({ apiKey, ...options }: KeyedOptions): Caller {
  return createCaller({ ...options, headers: keyedHeaders({ ...options, apiKey }) });
}

/** Headers of the config go before the key. */
export function keyedHeaders({ apiKey, headers }: Pick<KeyedOptions, "apiKey" | "headers">) {
  return { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...headers };
}
