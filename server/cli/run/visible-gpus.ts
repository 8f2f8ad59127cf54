/** A GPU as the panel names it. */
export interface NamedGpu {
  index: number;
  uuid: string;
  name: string;
}

type Allowed =
  /** `null`: any. */
  { ok: true; indexes: number[] | null } | { ok: false; why: "unknown-gpu" | "order"; named: string };

/**
 * The GPUs that `CUDA_VISIBLE_DEVICES` leaves to the program, as nvidia-smi numbers them. CUDA begins with the fastest
 * unless it is told to go by the bus, so that among unlike GPUs a number says nothing by itself. Pure.
 */
export function allowedGpus(env: NodeJS.ProcessEnv, gpus: readonly NamedGpu[]): Allowed {
  const text = (env.CUDA_VISIBLE_DEVICES ?? "").trim();
  if (text === "") return { ok: true, indexes: null };
  const parts = text.split(",").map((part) => part.trim());
  const isNumbered = parts.some((part) => /^\d+$/.test(part));
  const isByBus = env.CUDA_DEVICE_ORDER === "PCI_BUS_ID";
  if (isNumbered && !isByBus && new Set(gpus.map(({ name }) => name)).size > 1)
    return { ok: false, why: "order", named: text };
  const indexes: number[] = [];
  for (const part of parts) {
    const found = gpus.find(({ index, uuid }) =>
      /^\d+$/.test(part) ? index === Number(part) : part.length > 4 && uuid.startsWith(part),
    );
    if (found === undefined) return { ok: false, why: "unknown-gpu", named: part };
    indexes.push(found.index);
  }
  return { ok: true, indexes: [...new Set(indexes)] };
}

/** What the program finds in its environment: these GPUs, numbered as nvidia-smi numbers them. */
export const cudaEnvironment = (indexes: readonly number[]): Record<string, string> => ({
  CUDA_DEVICE_ORDER: "PCI_BUS_ID",
  CUDA_VISIBLE_DEVICES: indexes.join(","),
});
