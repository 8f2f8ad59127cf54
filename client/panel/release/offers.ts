import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Found } from "../../../shared/release/found.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { backendName } from "./backend-name.ts";

/** What was found and is no backend yet. Pure. */
export const offersOf = (found: readonly Found[]) => found.filter(({ backend }) => backend === null);

/** What was found, where, and what it has to do with the cards. Pure. */
export function offerText(
  { kind, port, gpus: on }: Found,
  gpus: readonly Gpu[],
  words: ReleaseWords,
): string {
  const name = backendName({ id: kind, kind });
  const text = on.length === 0 ? words.offerThere : gpus.length === 1 ? words.offerUses : words.offerUsesGpus;
  return fillIn(text, { name, port, gpus: on.join(", ") });
}

/** True while this viewer may say which backends there are. */
export const selectMayAdopt = ({ connection, known }: PanelState) => {
  const { allowed = false, problem = null, own } = known?.capabilities.release ?? {};
  return connection.status === "live" && own === undefined && (allowed || problem?.code === "no-backend");
};
