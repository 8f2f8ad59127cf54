import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { ProblemWords } from "../../../shared/problems/codes.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { totalEstimateMiB } from "../../../shared/release/estimate.ts";
import type { Found } from "../../../shared/release/found.ts";
import { gibAbout } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import type { Capacity } from "../concurrency/use-capacity.ts";
import { verdictOf } from "../concurrency/verdict.ts";
import { backendName, backendNameOf } from "./backend-name.ts";
import { DOT_OF, doingOf, foremost } from "./backend-tone.ts";
import { canStartAfter } from "./can-start-after.ts";
import { mineOf } from "./mine-of.ts";
import { offersOf, offerText } from "./offers.ts";
import { type ReleaseFace, releaseFace } from "./release-face.ts";
import { restartHint } from "./restart-hint.ts";
import type { ReleaseControl } from "./use-release.ts";

/** What the button and the lines around it say. */
export interface Outlook extends ReleaseFace {
  /** What a release of all backends will probably bring; `null`: not known. */
  estimate: string | null;
  /** How many more could start then. */
  after: string | null;
  /** Where the next job can start, or why none can. */
  verdict: string | null;
  /** The same beside the answer, where there is little room. */
  why: string | null;
  /** Tone of the dot that stands for the backends, and what the foremost of them does; `null`: there is none. */
  dot: { tone: string | undefined; text: string | null } | null;
  /** In place of a release the button offers what was found. */
  offers: boolean;
  /** Tone of the button: something goes on, or more jobs could start than now. */
  tone: "work" | "useful" | undefined;
}

export interface OutlookInput {
  control: ReleaseControl;
  /** `null` until they have come. */
  words: ReleaseWords | null;
  room: RoomWords | null;
  wordsOf: (problem: Problem) => ProblemWords;
  backends: readonly BackendState[];
  found: readonly Found[];
  /** All GPUs, also those that this panel does not show: a release does not spare them. */
  gpus: readonly Gpu[];
  capacity: Capacity | null;
}

function dotOf(backend: BackendState, words: ReleaseWords | null) {
  const doing = doingOf(backend);
  const text = words === null ? null : `${backendName(backend)} ${words.backendState[doing]}`;
  return { tone: DOT_OF[doing], text };
}

/** Everything that there is to say of a release. Pure. */
export function outlookOf({ backends: all, found, gpus, capacity, room, ...input }: OutlookInput): Outlook {
  const { words } = input;
  const backends = mineOf(all, input.control.own);
  const estimateMiB = totalEstimateMiB(backends, gpus);
  const canStart = capacity?.canStart ?? null;
  const after = capacity === null ? null : canStartAfter(capacity, estimateMiB);
  const [first] = backends;
  const silent = first !== undefined && backends.every(({ reachable }) => reachable === false);
  const useful = !silent && after !== null && after > (canStart ?? 0);
  const told = foremost(backends);
  const [offer] = offersOf(found);
  const face = releaseFace({
    ...input,
    nameOf: (id) => backendNameOf(id, all),
    canStart,
    hasMore: found.length > 0 || backends.some(({ canLoad, givesNothing }) => canLoad || givesNothing),
    offer:
      words !== null && first === undefined && offer !== undefined ? offerText(offer, gpus, words) : null,
    restart:
      words !== null && first !== undefined && backends.every(({ givesNothing }) => givesNothing)
        ? restartHint(first, gpus, words)
        : null,
    silent: silent ? backendName(first) : null,
  });
  return {
    ...face,
    verdict: room === null ? null : verdictOf(capacity, room.verdict),
    why: room === null ? null : verdictOf(capacity, room.verdict, true),
    offers: offer !== undefined && input.control.blockedBy?.code === "no-backend",
    dot: told === undefined ? null : dotOf(told, words),
    estimate:
      words === null || estimateMiB === null || estimateMiB <= 0 || face.result !== null
        ? null
        : fillIn(words.estimateShort, { gib: gibAbout(estimateMiB) }),
    after:
      words === null || after === null ? null : fillIn(useful ? words.after : words.afterStill, { n: after }),
    tone: face.button !== null ? "work" : useful && face.result === null ? "useful" : undefined,
  };
}
