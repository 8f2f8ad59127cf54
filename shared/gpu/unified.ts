/** Names of machines whose GPU has no memory of its own: the driver reports its VRAM as N/A. */
const UNIFIED = /\b(GB10|Thor|Orin|Xavier|Tegra|Jetson)\b/i;

/** A GPU that shares the host's memory and reports none itself (DGX Spark, Jetson). */
export function hasUnifiedMemory({
  name,
  memoryTotalMiB,
}: {
  name: string;
  memoryTotalMiB: number | null;
}): boolean {
  return memoryTotalMiB === null && UNIFIED.test(name);
}
