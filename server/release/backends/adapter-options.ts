import type { BackendOptions, BackendOptionsOf } from "../../config/backend-options.ts";

/** What an adapter is made of: the user's settings, and what they leave open. */
export type AdapterOptions<K extends BackendOptions["kind"]> = BackendOptionsOf<K> & {
  id: string;
  /** For calls that are answered at once, milliseconds. */
  statusTimeoutMs: number;
  /** For a call that reads a model from disk, milliseconds. */
  loadTimeoutMs: number;
};
