import type { RoomWords } from "./words.ts";

export const roomEn: RoomWords = {
  pieces: {
    others: "Other processes",
    processes: "Processes",
    untold: "Not told apart",
    backend: "Backend, undivided",
    backendRest: "Backend, rest",
    tensors: "Backend's tensors",
    cache: "Allocator's cache",
    promised: "Still to be taken",
    reserve: "Kept free",
    free: "Free",
  },
  about: {
    others: "Held by processes that belong to no backend.",
    untold:
      "In use, but no listed process explains it: the driver, hidden processes, what came a moment ago.",
    backend:
      "Held by the backend's processes. With allocator figures this is the rest: the CUDA context above all.",
    tensors: "Live tensors: what the models and the running job need.",
    cache: "Kept by the allocator without being used. A release gives it back.",
    promised: "Free now, but what runs will still take it.",
    reserve: "Kept free beside running jobs.",
    free: "Room for new jobs.",
  },
  bar: "VRAM of GPU {index}",
  unknownTotal: "This GPU reports no VRAM figures, so that nothing can be told apart or recommended.",
  unified: "This GPU shares the host's memory: the figures are the host's.",
  reclaimable: "A release of idle models would add about",
  reclaimableAll: "A release of idle models would add about {gib} GiB. It is not counted as free.",
  sum: { running: "running", more: "may start now", most: "at most" },
  line: "{running} running + {n} may start = {max} at most",
  lineUnknown: "{n} may start; what runs is not known",
  jobsHere: "Jobs",
  notFaster:
    "Fits, but will not finish sooner: {gpus} already ≥ 90 % busy. Jobs there share the time, whoever starts first.",
  notFasterHere: "{util} % busy: another fits, but will not finish sooner",
  gpusAtOnce: "Each such job needs {n} GPUs at once.",
  inResidents: "{n} of them in {names}: its model is loaded.",
  cannotTell:
    "On {gpus} a program beside others may be at work: that cannot be told, so it is reckoned with its last peak.",
  basis: {
    measured: "Measured here",
    configured: "From your config",
    published: "Published",
    learned: "jobs seen here: {n}",
    raised: "raised, because a job here took or wanted more",
    before: "until then: {source}",
    peak: "peak {mib} MiB",
    margin: "may be {mib} MiB more",
    weights: "of it weights {mib} MiB",
  },
  drift: {
    more: "Your jobs of this kind took {pct} % more than configured.",
    less: "Your jobs of this kind took {pct} % less than configured.",
    take: "Take that figure over",
  },
  compare: "All profiles",
  pageTitle: { more: "{n} more", used: "{pct} %" },
};
