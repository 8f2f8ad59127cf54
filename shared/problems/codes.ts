/** Everything that can be wrong, as codes. Words for each, in every language, stand beside this file. */
export const PROBLEM_CODES = [
  // source: where samples come from
  "nvidia-smi-not-found",
  "nvidia-smi-not-runnable",
  "no-driver",
  "driver-library-mismatch",
  "driver-library-missing",
  "nvml-unknown-error",
  "no-devices",
  "gpu-lost",
  "gpu-needs-reset",
  "permission-denied",
  "wsl-blocked",
  "query-refused",
  "no-output",
  "unreadable-output",
  "process-ended",
  // replay: a log in place of the GPU
  "replay-unreadable",
  "replay-no-header",
  "replay-empty",
  "no-replay",
  "replaying",
  // sessions: marked stretches of time
  "unknown-session",
  "too-many-sessions",
  // records: beside live samples
  "log-stopped",
  // release: giving VRAM back
  "no-backend",
  "not-allowed",
  "not-direct",
  "mode-unsupported",
  "unknown-backend",
  "sidecar-unreachable",
  "sidecar-silent",
  "sidecar-restarted",
  "sidecar-closing",
  "backend-unreachable",
  "backend-timeout",
  "backend-status",
  "backend-redirect",
  "backend-broken-answer",
  "backend-unreadable",
  "backend-unauthorized",
  "backend-rate-limit",
  "backend-no-api",
  "backend-busy",
  "busy-unknown",
  "job-did-not-end",
  "job-still-running",
  "job-not-stopped",
  "nothing-loaded",
  "release-cancelled",
  "cancelled-partly",
  "not-waiting",
  "releasing",
  "preparing",
  "left-to-backend",
  "unknown-profile",
  "release-fault",
  "nothing-freed",
  "vram-grew",
  "not-measured",
  // jobs: marked ones and those that wait for room
  "never-fits",
  "too-few-gpus",
  "no-room",
  "outranked",
  "list-needed",
  "list-awaited",
  "starts-alone",
  "not-sampling",
  "demo-machine",
  "job-ended",
  "too-many-waiting",
  // health: alerts
  "alert-over",
  // history: what is kept of the past
  "history-not-stored",
  "history-no-sqlite",
  // data: the folder of all that is kept
  "folder-held",
  "data-newer",
  "data-not-kept",
  // wire: a message that cannot be taken
  "bad-request",
  "not-found",
  "method-not-allowed",
  "protocol-version",
  "too-many-viewers",
  "origin-refused",
  "host-refused",
  "sidecar-address",
  "wrong-token",
  "too-many-requests",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** What is wrong and what to do about it. `{name}` in the text stands for a parameter of the problem. */
export interface ProblemWords {
  message: string;
  advice: string;
}
export type ProblemCatalog = Readonly<Record<ProblemCode, ProblemWords>>;
