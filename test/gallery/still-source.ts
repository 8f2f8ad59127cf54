import * as v from "valibot";
import type { PanelSource } from "../../client/connection/source.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";

const no = () => Promise.resolve(refuse(problem("sidecar-unreachable")));

/**
 * A sidecar that never says anything more: what is shown stays as it is.
 * @param answers what it does answer, to whoever asks for something that looks so
 */
export const stillSource = (answers: readonly unknown[] = []): PanelSource => ({
  subscribe: () => () => {},
  release: no,
  cancelRelease: no,
  loadBackend: no,
  async ask(schema) {
    for (const data of answers) {
      const known = v.safeParse(schema, { ok: true, data });
      if (known.success) return known.output;
    }
    return no();
  },
  wantHistory() {},
  setVisible() {},
  close() {},
});
