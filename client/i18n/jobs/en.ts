import type { JobsWords } from "./words.ts";

export const jobsEn: JobsWords = {
  title: "Jobs",
  running: "running",
  waiting: "waiting, place {n}",
  on: "GPU {gpus}",
  reserved: "{gib} GiB each",
  left: "about {time} left",
  over: "longer than usual",
  since: "for {time}",
};
