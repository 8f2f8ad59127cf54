import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { backendNameOf } from "../release/backend-name.ts";
import { shortName } from "./short-name.ts";

/** Who holds the most on a GPU, by the name that says most; `null`: nobody is known to. Pure. */
export function topHolder(
  { processes }: Pick<Gpu, "processes">,
  backends: readonly BackendState[],
): { name: string | null; usedMiB: number | null } | null {
  const [most] = [...(processes ?? [])].sort((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0));
  if (most === undefined) return null;
  const { name, usedMiB, backend } = most;
  return {
    name: backend === undefined ? (name === null ? null : shortName(name)) : backendNameOf(backend, backends),
    usedMiB,
  };
}
