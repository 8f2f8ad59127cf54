import type { ProblemCode } from "../../shared/problems/codes.ts";
import type { ProblemParams } from "../../shared/problems/problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import { ownProblem } from "./own-problem.ts";
import type { PanelSource } from "./source.ts";

/** A sidecar that cannot even be called: the panel shows why. */
export function createRefusedSource(code: ProblemCode, params: ProblemParams): PanelSource {
  const problem = ownProblem(code, params);
  const nothing = () => {};
  const no = async () => refuse(problem);
  return {
    subscribe(listener) {
      listener({ type: "connection", status: "refused", problem });
      return nothing;
    },
    release: no,
    cancelRelease: no,
    loadBackend: no,
    ask: no,
    wantHistory: nothing,
    setVisible: nothing,
    close: nothing,
  };
}
