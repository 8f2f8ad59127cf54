import type { JobWords } from "../codes.ts";

export const jobsProblemsEn: JobWords = {
  "never-fits": {
    message:
      "This job can never run here: it needs {peak} MiB on each of {gpus} GPUs, and GPU {gpu} has {room} MiB when it is empty ({missing} MiB too few).",
    advice: "Ask GET /api/v1/fit what would make it fit: other settings, more GPUs or a lighter model.",
  },
  "too-few-gpus": {
    message: "This job needs {wanted} GPUs, and it may use {there}.",
    advice: "Choose a profile for fewer GPUs, or allow more of them.",
  },
  "no-room": {
    message:
      "GPU {gpu}: {free} MiB free − {promised} MiB that running jobs will still take − {reserve} MiB kept free is less than {peak} MiB ({missing} MiB too few).",
    advice: "The job starts when other jobs end or other programs give VRAM back.",
  },
  outranked: {
    message: "There would be room on GPU {gpu}, but it is kept for a job that has waited for long.",
    advice: "This one starts beside it, before it where it will have ended by then, or on another GPU.",
  },
  "list-needed": {
    message: "GPU {gpu} has room, but nvidia-smi does not say who uses it, and something there is at work.",
    advice: "The job starts once the GPU has been quiet for 15 seconds, or when the processes can be listed.",
  },
  "list-awaited": {
    message: "There is room: the job starts as soon as the processes on the GPU have been listed.",
    advice: "That takes a second or two.",
  },
  "starts-alone": {
    message: "Nothing is known of what this job takes, so it waits until nothing runs on GPU {gpu}.",
    advice: "Name a profile, a signature or peakMiB; after it has run here once, its peak is known.",
  },
  "not-sampling": {
    message: "Room cannot be told at present: no GPU reports its VRAM.",
    advice:
      "See what the panel says about the source of the samples. The job starts when figures come again.",
  },
  "demo-machine": {
    message:
      "The GPUs of this panel are simulated, because no NVIDIA driver was found: no job can be let in by them.",
    advice: "Run your job without asking, or start the panel where nvidia-smi works.",
  },
  "job-ended": {
    message: "This job has ended already: {state}.",
    advice: "A job that sends no heartbeat within its time-to-live counts as dead. Ask for a new one.",
  },
  "card-held": {
    message: "The card is held by {by}: nobody is let in.",
    advice: "It is given back when it has been idle for some minutes, or by DELETE /api/v1/hold.",
  },
  "too-hot": {
    message: "The GPU is hotter than {limit} °C: nothing starts until it is some degrees cooler.",
    advice: "Look after its cooling, or set another holdAboveC.",
  },
  "too-many-waiting": {
    message: "There are {count} jobs already, as many as can be kept.",
    advice: "Wait until some of them have ended.",
  },
};
