import type { ProblemCode } from "../../shared/problems/codes.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { refusedField } from "./query.ts";

/** Known error sentences, most specific first. Texts: nvidia-smi 390 to 610, see test/fixtures/nvidia-smi/SOURCES.tsv. */
const SENTENCES: readonly [RegExp, ProblemCode][] = [
  [/version mismatch|mismatch in versions between nvidia-smi and NVML/i, "driver-library-mismatch"],
  [/blocked by the operating system/i, "wsl-blocked"],
  [/couldn't communicate with the NVIDIA driver|driver not loaded/i, "no-driver"],
  [/couldn't find libnvidia-ml|NVML shared library|libnvidia-ml\.so/i, "driver-library-missing"],
  [/no devices were found/i, "no-devices"],
  [/GPU reset must occur|GPU requires reset/i, "gpu-needs-reset"],
  [/GPU is lost|fallen off the bus|unable to determine the device handle/i, "gpu-lost"],
  // NVML's own words: ssh, docker and sudo have permissions of their own that they deny.
  [/insufficient permissions?/i, "permission-denied"],
  [/internal (?:nvml|driver) error|NVML: internal error/i, "nvml-internal-error"],
  [/failed to initialize NVML: unknown error/i, "nvml-unknown-error"],
  [
    /not a valid field to query|is not recognized|not a valid or is out of range|value is incorrect|only one --query/i,
    "query-refused",
  ],
];

/** Exit codes of nvidia-smi, for when it says nothing that is known. */
const EXIT_CODES: Readonly<Record<number, ProblemCode>> = {
  2: "query-refused",
  4: "permission-denied",
  6: "no-devices",
  9: "no-driver",
  12: "driver-library-missing",
  15: "gpu-lost",
  18: "driver-library-mismatch",
  126: "nvidia-smi-not-runnable",
  127: "nvidia-smi-not-found",
};

/** Problems of one GPU: the others may go on giving samples. */
export function concernsOneGpu({ code }: Pick<Problem, "code">): boolean {
  return code === "gpu-lost" || code === "gpu-needs-reset";
}

/** What a sentence printed in place of a row means, or `null` when it is not a known one. */
export function diagnoseSentence(text: string): Problem | null {
  const code = SENTENCES.find(([pattern]) => pattern.test(text))?.[1];
  return code === undefined ? null : problem(code, { detail: firstLine(text), gpu: gpuIn(text) });
}

/** How a child ended. `lastWords` are the last lines that were no rows, standard error among them. */
export interface Ending {
  code: number | null;
  signal: string | null;
  lastWords: string;
}

/** Why the loop ended: what it said counts before its exit code. */
export function diagnoseEnding({ code, signal, lastWords }: Ending, isWsl = false): Problem {
  const detail = firstLine(lastWords);
  if (NO_RESOURCES.test(lastWords)) return problem("out-of-resources", { detail });
  const known = code === null ? undefined : EXIT_CODES[code];
  // Codes of the shell: the words are its own, and "permission denied" is about the file, not the GPU.
  const fromShell = code === 126 || code === 127;
  const said = fromShell ? null : diagnoseSentence(lastWords);
  if (said !== null) return said;
  if (known !== undefined) return problem(known, { detail: detail || `exit code ${code}`, gpu: "?" });
  const how =
    signal ?? (code !== null && code > 128 && code < 160 ? `signal ${code - 128}` : `exit code ${code}`);
  if (isWsl && isCrash(code, signal)) return problem("wsl-crash", { detail: how });
  return problem("process-ended", { detail: detail === "" ? how : `${how}: ${detail}` });
}

/** What the system answers when it can start no process, as Node and sh say it. */
const NO_RESOURCES =
  /\b(?:EMFILE|ENFILE|EAGAIN|ENOMEM)\b|too many open files|cannot fork|resource temporarily unavailable/i;
const CRASHES = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGTRAP"];
/** The same as sh tells them: 128 and the signal's number. */
const CRASH_CODES = [128 + 11, 128 + 6, 128 + 7, 128 + 4, 128 + 5];

function isCrash(code: number | null, signal: string | null): boolean {
  return signal === null ? CRASH_CODES.includes(code ?? 0) : CRASHES.includes(signal);
}

/** The field to leave out when that is why the loop ended. */
export function fieldToDrop(ending: Ending): string | null {
  return refusedField(ending.lastWords);
}

/** The first line of what was said, cut to a sensible length. */
export function firstLine(text: string): string {
  return (text.trim().split(/\r?\n/)[0] ?? "").slice(0, 200);
}

/** The GPU that an error sentence names: `0000:02:00.0` or `1: 0000:34:00.0`. */
function gpuIn(text: string): string {
  return /for GPU\s*(.+?):?\s*(?:unknown error|GPU is lost|A GPU reset|GPU requires)/i.exec(text)?.[1] ?? "?";
}
