import type { JobsWords } from "./words.ts";

export const jobsEn: JobsWords = {
  title: "Jobs",
  count: "{running} running, {waiting} waiting",
  running: "running",
  waiting: "waiting, place {n}",
  on: "GPU {gpus}",
  needs: "needs {n} GPUs",
  reserved: "{gib} GiB each",
  since: "for {time}",
  ends: "ends about {at}",
  left: "about {time} left",
  over: "longer than usual",
  endUnknown: "end not known",
  starts: "starts about {at}",
  in: "in about {time}",
  soon: "starts soon",
  startUnknown: "start not known",
};
