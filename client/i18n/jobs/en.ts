import type { JobsWords } from "./words.ts";

export const jobsEn: JobsWords = {
  title: "Jobs",
  none: "None declared",
  more: "+{n}",
  count: "{running} running, {waiting} waiting",
  running: "running",
  waiting: "queued, place {n}",
  queued: "queued",
  on: "GPU {gpus}",
  needs: "needs {n} GPUs",
  reserved: "{gib} GiB each",
  since: "for {time}",
  ends: "ends about {at}",
  left: "{time} left",
  over: "longer than usual",
  endUnknown: "end not known",
  starts: "starts about {at}",
  in: "in about {time}",
  soon: "starts soon",
  startUnknown: "start not known",
};
