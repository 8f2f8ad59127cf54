import type { CapacityWords } from "./explain.ts";

export const capacityWordsEn: CapacityWords = {
  arithmetic: "({free} MiB free − {reserve} MiB reserve) ÷ {perJob} MiB per job = {ratio}, rounded down: {n}",
  noRoom:
    "({free} MiB free − {reserve} MiB reserve) is less than the {perJob} MiB that one job needs: {missing} MiB are missing",
  arithmeticPromised:
    "({free} MiB free − {promised} MiB promised to what runs − {reserve} MiB reserve) ÷ {perJob} MiB per job = {ratio}, rounded down: {n}",
  noRoomPromised:
    "({free} MiB free − {promised} MiB promised to what runs − {reserve} MiB reserve) is less than the {perJob} MiB that one job needs: {missing} MiB are missing",
  notReported: "this GPU reports no VRAM figures, so nothing can be recommended",
  weightsLoaded: "the weights are loaded already, so only the rest counts",
  reclaimable: "a release of idle models would add about {reclaimable} MiB",
  running: "{running} running + {n} = {max}",
  notFaster: "the GPU is {util} % busy: another job fits but will not finish sooner",
  unified: "this GPU shares the host's memory, and the figures are the host's",
};
