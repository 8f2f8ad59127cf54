import type { ProblemCode } from "../../shared/problems/codes.ts";
import type { Problem, ProblemParams } from "../../shared/problems/problem.ts";
import { refuse } from "../../shared/protocol/reply.ts";
import type { PanelSource } from "./source.ts";

/** A sidecar that cannot even be called: the panel shows why. */
export function createRefusedSource(code: ProblemCode, params: ProblemParams): PanelSource {
  const problem: Problem = { code, params, message: code, advice: "" };
  const no = async () => refuse(problem);
  return {
    subscribe(listener) {
      listener({ type: "connection", status: "refused", problem });
      return () => {};
    },
    release: no,
    cancelRelease: no,
    prepareBackend: no,
    pastReleases: no,
    ask: no,
    wantHistory: () => {},
    setVisible: () => {},
    close: () => {},
  };
}
