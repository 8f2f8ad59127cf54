import * as v from "valibot";
import { type Handover, handoverSchema } from "../../../shared/handover/handover.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectMayRelease } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

const selectHandover = ({ known }: PanelState) => known?.handover;
const selectOwn = ({ known }: PanelState) => known?.capabilities.release.own;

export interface HandoverSeen {
  told: Handover;
  /** This viewer may hold the card for everybody, and give it back: the page of one app may not. */
  mayHold: boolean;
  /** This viewer may say “not now” for that backend. */
  mayPostpone(backend: string): boolean;
}

/** Who leaves the card next, and who holds it; `null` where the sidecar does not tell. */
export function useHandover(): HandoverSeen | null {
  const read = v.safeParse(handoverSchema, usePanel(selectHandover));
  const allowed = usePanel(selectMayRelease);
  const own = usePanel(selectOwn);
  if (!read.success) return null;
  return {
    told: read.output,
    mayHold: allowed && own === undefined,
    mayPostpone: (backend) => allowed && (own === undefined || own === backend),
  };
}
