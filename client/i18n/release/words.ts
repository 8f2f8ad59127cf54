import type { DuringJob } from "../../../shared/release/backend.ts";
import type { HeldBecause, ReleasePart } from "../../../shared/release/release.ts";
import type { HandoverWords } from "../handover/words.ts";

/** The words around a release. Loaded after the first figures: only the button itself is needed for those. */
export interface ReleaseWords {
  confirm: string;
  confirmDemo: string;
  estimate: string;
  estimateShort: string;
  hint: string;
  /** How many could start then. */
  after: string;
  afterStill: string;
  /** Why the button waits. */
  missing: { connection: string; samples: string };
  estimateUnknown: string;
  target: string;
  allBackends: string;
  models: string;
  utilizationBusy: string;
  jobRuns: string;
  mayEndJobs: string;
  jobsQueued: string;
  modes: { afterCurrent: string; interrupt: string; now: string };
  afterCurrentHint: Record<DuringJob, string>;
  interruptHint: string;
  nowHint: Record<DuringJob, string>;
  yes: Record<"auto" | "now" | "after-current" | "interrupt", string>;
  no: string;
  steps: Record<"wait" | "call" | "verify", string>;
  calling: string;
  verifying: string;
  waiting: string;
  waitingQueue: string;
  alreadyAsked: string;
  stopping: string;
  stopWaiting: string;
  cancelWaiting: string;
  freed: string;
  /** Above the measured figure, or what stands in its place. */
  measuredTitle: string;
  nothingFreed: string;
  stillHeldShort: string;
  cancelled: string;
  moreNow: string;
  measuringShort: string;
  askingShort: string;
  freedSoFar: string;
  grew: string;
  notMeasured: string;
  unsettled: string;
  late: string;
  perGpu: string;
  claim: string;
  measured: string;
  failed: string;
  dismiss: string;
  part: Record<ReleasePart["state"], string>;
  partFreed: string;
  partSaid: string;
  took: string;
  gaveBack: string;
  notCounted: string;
  stillHeld: string;
  /** No process explains `{gib}` GiB of what is in use. */
  heldUntold: string;
  because: Record<HeldBecause, string>;
  nextStep: Record<HeldBecause, string>;
  /** A backend that was found: {name}, {port}, {gpus}. */
  offerUses: string;
  offerUsesGpus: string;
  offerThere: string;
  offerTake: string;
  offerDismiss: string;
  /** It cannot be asked to unload; a line of code follows. */
  offerHook: string;
  forget: string;
  past: string;
  noPast: string;
  pastRow: string;
  pastFailed: string;
  parked: string;
  unloaded: string;
  /** It was asked in vain twice: what it holds, by which process, and what helps. */
  restart: string;
  /** The same where the machine does not tell its process. */
  restartUntold: string;
  prepare: string;
  preparing: string;
  backends: string;
  handover: HandoverWords;
  backendState: Record<"busy" | "idle" | "paused" | "unknown" | "unreachable" | "problem", string>;
}
