import { type Caller, type CallerOptions, createCaller } from "./call.ts";

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
