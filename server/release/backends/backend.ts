import type { Problem } from "../../../shared/problems/problem.ts";
import type { BackendKind, BackendStatus, DuringJob } from "../../../shared/release/backend.ts";
import type { Release, ReleaseMode } from "../../../shared/release/release.ts";

/** What came of asking a backend for its status. */
export type StatusOutcome =
  | { kind: "status"; status: BackendStatus }
  /** `reached`: something answered, though not with a status that can be read. */
  | { kind: "failed"; problem: Problem; reached: boolean };

/**
 * A call that failed. `reached`: the backend may have acted all the same, so the samples are looked at; `refused`: it
 * said that it did not.
 */
export interface Failed {
  kind: "failed";
  problem: Problem;
  reached: boolean;
  refused?: boolean;
}

/** What came of asking a backend to do something. */
export type CallOutcome = { kind: "accepted" } | Failed;

/** What came of asking a backend to unload. Accepted is never freed: the samples say what was freed. */
export type UnloadOutcome =
  | { kind: "accepted"; claim: Release["claim"] }
  /** It holds no model, and says so: nothing was asked of it. */
  | { kind: "nothing-loaded" }
  | Failed;

/** How far an unload has come that was accepted. */
export type Going =
  | { kind: "gone" }
  /** Told to go and still there. `inUse`: until its job ends. */
  | { kind: "going"; inUse: boolean }
  /** It was not unloaded, whatever the answer was. */
  | { kind: "stays"; problem: Problem }
  | Failed;

/** What came of asking a backend to hold its queue. */
export type HoldOutcome =
  /** `letGo` takes it back, also when the sidecar closes; it does nothing where somebody else had held it before. */
  { kind: "held"; letGo(): Promise<CallOutcome> } | { kind: "failed"; problem: Problem; reached: boolean };

/**
 * What a status is asked for. `watching`: by a panel, all day, so that it may touch neither GPU nor sleeper. `waiting`: for
 * a job's end, so that it must tell whether one runs. `releasing`: around a release, when what costs a little may be
 * asked too.
 */
export type Occasion = "watching" | "waiting" | "releasing";

/**
 * A generation backend that can be asked to unload its models. No method throws; each ends when `signal` is
 * aborted. A method that a backend has no way for is missing, so that it is not offered.
 */
export interface Backend {
  readonly id: string;
  readonly kind: BackendKind;
  /** Where it listens, for finding its processes; `null` when that is not known. Never leaves the sidecar. */
  readonly url: string | null;
  /** Where all of its processes listen, when they are several. */
  places?(): readonly string[];
  /** Modes it understands, `auto` always among them; none where it has no way to unload. */
  readonly modes: readonly ReleaseMode[];
  readonly duringJob: DuringJob;
  /** Reads what the backend says of itself; `occasion`: what it is asked for, `watching` where nothing is said. */
  status?(signal: AbortSignal, occasion?: Occasion): Promise<StatusOutcome>;
  /** Asks it to unload. The controller has seen to it that the call is safe by `duringJob`. */
  unload(mode: ReleaseMode, signal: AbortSignal): Promise<UnloadOutcome>;
  /** Where models go after the answer: how far those have come that the last unload was asked for. */
  going?(signal: AbortSignal): Promise<Going>;
  /** It says that it holds nothing also while it loads something: then its process tells. */
  readonly hidesLoading?: true;
  /** Only a status that is asked for a release tells whether it is busy; what it pushes are its models. */
  readonly tellsBusyWhenAsked?: true;
  /** An accepted call can be lost while it is idle (ComfyUI's missed wake-up): one more is worth a try. */
  readonly retryWhileIdle?: boolean;
  /** Loads again what the last unload took away, with the settings it had then; accepted where it is there already. */
  load?(signal: AbortSignal): Promise<CallOutcome>;
  /** Whether there is something to load again, where the adapter knows; without it, or `null`, after each unload. */
  hasUnloaded?(): boolean | null;
  /** Asked during a job it lets that end, begins no other, and answers when it has unloaded. */
  readonly letsJobsEnd?: boolean;
  /** An unload leaves it unable to run a job until `load`. */
  readonly parks?: true;
  /** Holds its queue: what runs goes on, and no other job begins until it is let go. */
  hold?(signal: AbortSignal): Promise<HoldOutcome>;
  /** Asks it to stop the running job. */
  interrupt?(signal: AbortSignal): Promise<CallOutcome>;
  /** Where the backend pushes its status: listens until the returned function is called; connects again by itself. */
  subscribe?(onStatus: (status: BackendStatus) => void): () => void;
}
