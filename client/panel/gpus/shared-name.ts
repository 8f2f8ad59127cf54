import { gpuName } from "./gpu-name.ts";

/** "8 × H100" where all are the same and there are too many to name each. */
export function sharedName(names: readonly string[]): string | null {
  const [first] = names;
  if (first === undefined || names.length < 5) return null;
  return names.every((name) => name === first) ? `${names.length} × ${gpuName(first)}` : null;
}
