/**
 * What an adapter does, in words for docs/backends.md, with each of its requests as `METHOD /path`; `{…}` stands for
 * what varies. `null`: it has no way. The contract test holds what it sends to it.
 */
export interface AdapterRow {
  /** How it is asked what it holds. */
  status: string;
  /** How it tells whether a job runs. */
  busy: string | null;
  unload: string;
  load: string | null;
  /** How its job is stopped. */
  cancel: string | null;
  /** How its queue could be held. */
  hold: string | null;
  /** What asking for the status touches. */
  touches: string;
}
