import type { CapacityWords } from "./explain.ts";

export const capacityWordsEn: CapacityWords = {
  free: "{free} MiB free",
  promised: " − {promised} that running jobs will still take",
  residents: " − {residents} for that job",
  reserve: " − {reserve} kept free",
  some: " = {room} MiB; one job needs {perJob}: {n}",
  none: " = {room} MiB; one job needs {perJob}: {missing} too few",
  inResidents: "{count} in {in}: what it holds counts for its own job",
  notReported: "this GPU reports no VRAM figures, so nothing can be recommended",
  between: "; ",
  reclaimable: "a release of idle models would add about {reclaimable} MiB",
  running: "{running} running + {more} = {max}",
  notFaster: "the GPU is {util}% busy: another job fits but will not finish sooner",
  unified: "this GPU shares the host's memory, and the figures are the host's",
};
