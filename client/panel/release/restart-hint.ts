import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { gib } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import { backendName } from "./backend-name.ts";

/** Of a backend that gives nothing back: which process holds how much, and that a restart helps. Pure. */
export function restartHint(
  backend: BackendState,
  gpus: readonly Pick<Gpu, "processes">[],
  words: Pick<ReleaseWords, "restart" | "restartUntold">,
): string {
  const own = gpus.flatMap(({ processes }) => processes ?? []).filter((one) => one.backend === backend.id);
  const isTold = own.length > 0 && own.every(({ usedMiB }) => usedMiB !== null);
  return fillIn(isTold ? words.restart : words.restartUntold, {
    backend: backendName(backend),
    pids: [...new Set(own.map(({ pid }) => pid))].join(", "),
    gib: gib(own.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0)),
  });
}
