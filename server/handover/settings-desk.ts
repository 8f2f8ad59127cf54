import {
  type HandoverSetup,
  type HandoverValues,
  type SetHandover,
  setHandoverSchema,
} from "../../shared/handover/handover-settings.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createKeptFile, type KeptFile } from "../data/kept-file.ts";
import type { Backend } from "../release/backends/backend.ts";
import { ownAfter, valuesOf, valuesWith } from "./own-settings.ts";
import type { HandoverOptions } from "./settings.ts";

/** What was set in the panel, over restarts. */
export type OwnSettings = KeptFile<SetHandover>;

/** `handover.json` of the data folder. */
export function createOwnSettings(
  file: string,
  hold: Pick<FolderHold, "mayWrite" | "onTaken">,
  complain: (message: string) => void,
): OwnSettings {
  const what = "what was set of the hand-over";
  return createKeptFile({ file, hold, complain, what, schema: setHandoverSchema, empty: {} });
}

/** The hand-over's settings: those of the config file, and before them those of the panel. */
export interface HandoverSettingsDesk {
  now(): HandoverValues;
  setup(): HandoverSetup;
  /** From now on, and after a restart. */
  set(change: SetHandover): Reply<HandoverSetup>;
}

export function createSettingsDesk({
  options,
  store,
  backends,
  use,
}: {
  options: HandoverOptions;
  store: OwnSettings;
  backends: readonly Pick<Backend, "id" | "load">[];
  use(values: HandoverValues): void;
}): HandoverSettingsDesk {
  const file = valuesOf(options);
  let own = store.read();
  const now = () => valuesWith(file, own);
  const setup = () => ({
    ...{ now: now(), file },
    homes: backends.flatMap(({ id, load }) => (load === undefined ? [] : [id])),
  });

  /** Whom the change names who is not there; taking somebody out of the settings is for all. */
  function unknownIn({ home = null, idleReleaseMinutes = {} }: SetHandover): string | undefined {
    const known = [...backends.map(({ id }) => id), file.home, ...Object.keys(file.idleReleaseMinutes)];
    const named = Object.entries(idleReleaseMinutes).flatMap(([id, n]) => (n === null ? [] : [id]));
    return [...(home === null ? [] : [home]), ...named].find((id) => !known.includes(id));
  }

  /** Nobody could load it again; what the config file says is not judged here, and can be gone back to. */
  const isNoHome = ({ home = null }: SetHandover) =>
    home !== null && home !== file.home && !setup().homes.includes(home);

  return {
    now,
    setup,
    set(change) {
      const unknown = unknownIn(change);
      if (unknown !== undefined) return refuse(problem("unknown-backend", { backend: unknown }));
      if (isNoHome(change)) return refuse(problem("no-home", { backend: change.home ?? "" }));
      own = ownAfter(file, own, change);
      store.write(own);
      use(now());
      return succeed(setup());
    },
  };
}
