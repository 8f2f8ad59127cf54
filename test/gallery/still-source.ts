import type { PanelSource } from "../../client/connection/source.ts";
import { problem } from "../../shared/problems/make-problem.ts";

const refuse = () => Promise.resolve({ ok: false as const, ...problem("sidecar-unreachable") });

/** A sidecar that never says anything more: what is shown stays as it is. */
export const stillSource: PanelSource = {
  subscribe: () => () => {},
  release: refuse,
  cancelRelease: refuse,
  loadBackend: refuse,
  ask: refuse,
  wantHistory() {},
  setVisible() {},
  close() {},
};
