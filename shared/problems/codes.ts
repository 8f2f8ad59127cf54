/** Where samples come from: nvidia-smi, or a recording. */
const SOURCE_CODES = [
  // source: where samples come from
  "nvidia-smi-not-found",
  "nvidia-smi-not-runnable",
  "no-driver",
  "driver-library-mismatch",
  "driver-library-missing",
  "nvml-unknown-error",
  "nvml-internal-error",
  "wsl-crash",
  "out-of-resources",
  "no-devices",
  "gpu-lost",
  "gpu-needs-reset",
  "permission-denied",
  "wsl-blocked",
  "query-refused",
  "no-output",
  "slow-first-answer",
  "slow-answers",
  "no-figures",
  "gpus-not-there",
  "unreadable-output",
  "process-ended",
  // replay: a log in place of the GPU
  "replay-unreadable",
  "replay-no-header",
  "replay-empty",
  "no-replay",
  "replaying",
] as const;

/** Giving VRAM back. */
const RELEASE_CODES = [
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
  "backend-single-model",
  "backend-busy",
  "busy-unknown",
  "job-did-not-end",
  "job-still-running",
  "job-not-stopped",
  "jobs-queued",
  "another-job-began",
  "queue-left-held",
  "models-in-use",
  "not-loaded",
  "hook-refused",
  "status-field",
  "nothing-loaded",
  "model-loading",
  "model-kept",
  "model-kept-on",
  "load-failed",
  "no-home",
  "release-cancelled",
  "cancelled-partly",
  "not-waiting",
  "not-announced",
  "releasing",
  "preparing",
  "left-to-backend",
  "unknown-profile",
  "release-fault",
  "nothing-freed",
  "vram-grew",
  "not-measured",
] as const;

/** Declared jobs, and those that wait for room. */
const JOB_CODES = [
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
  "card-held",
  "too-hot",
  "too-many-waiting",
] as const;

/** What is kept beside live samples: sessions, logs, alerts, history, the data folder. */
const KEPT_CODES = [
  // sessions: marked stretches of time
  "unknown-session",
  "too-many-sessions",
  // records: beside live samples
  "log-stopped",
  // health: alerts
  "alert-over",
  "alerts-not-sent",
  // history: what is kept of the past
  "history-not-stored",
  "history-no-sqlite",
  // data: the folder of all that is kept
  "folder-held",
  "data-newer",
  "data-not-kept",
] as const;

/** Several hosts that show one view. */
const GROUP_CODES = [
  "group-away",
  "group-not-admitted",
  "group-not-written",
  "group-certificate",
  "group-stranger",
  "group-twin",
  "group-clock",
  "peer-away",
  "host-unknown",
  "host-unreachable",
  "host-silent",
  "host-answer",
  "host-refuses",
  "not-passed-on",
  "no-host",
] as const;

/** Messages that cannot be taken, and who may not connect. */
const WIRE_CODES = [
  "bad-request",
  "body-too-large",
  "too-many-connections",
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

/** Everything that can be wrong, as codes. Words for each, in every language, stand in the folders beside this file. */
export const PROBLEM_CODES = [
  ...SOURCE_CODES,
  ...RELEASE_CODES,
  ...JOB_CODES,
  ...KEPT_CODES,
  ...GROUP_CODES,
  ...WIRE_CODES,
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** What is wrong and what to do about it. `{name}` in the text stands for a parameter of the problem. */
export interface ProblemWords {
  message: string;
  advice: string;
}
export type ProblemCatalog = Readonly<Record<ProblemCode, ProblemWords>>;

type Words<Codes extends readonly ProblemCode[]> = Readonly<Record<Codes[number], ProblemWords>>;
export type SourceWords = Words<typeof SOURCE_CODES>;
export type ReleaseWords = Words<typeof RELEASE_CODES>;
export type JobWords = Words<typeof JOB_CODES>;
export type KeptWords = Words<typeof KEPT_CODES>;
export type GroupWords = Words<typeof GROUP_CODES>;
export type WireWords = Words<typeof WIRE_CODES>;
