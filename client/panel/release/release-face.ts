import type { ProblemWords } from "../../../shared/problems/codes.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { gib } from "../../i18n/format.ts";
import type { ReleaseWords } from "../../i18n/release/words.ts";
import type { ReleaseControl } from "./use-release.ts";

/** What the button and the line beside it say. */
export interface ReleaseFace {
  /** In place of "Release VRAM"; the button then does this instead, or nothing. */
  button: { text: string; does: "cancel" | "nothing" } | null;
  /** The line beside the button; `null`: what would come after. */
  say: { text: string; tone: "muted" | "plain" | "good" | "bad" } | null;
  /** The measured result, in place of the headline. */
  result: string | null;
  /** There is more to tell. */
  hasDetails: boolean;
}

interface FaceInput {
  control: ReleaseControl;
  /** `null` until they have come. */
  words: ReleaseWords | null;
  wordsOf: (problem: Problem) => ProblemWords;
  nameOf: (backend: string | null) => string;
  canStart: number | null;
  /** A backend has more to tell than its line does. */
  hasMore: boolean;
  /** Where there is no backend: what was found. */
  offer: string | null;
  /** Where all that there are were asked in vain: what helps. */
  restart: string | null;
  /** Name of the backend, where none that there is answers. */
  silent: string | null;
}

const NOTHING: ReleaseFace = { button: null, say: null, result: null, hasDetails: false };

/** The face of a release in its state. Pure. */
export function releaseFace({
  control,
  words,
  wordsOf,
  nameOf,
  canStart,
  hasMore,
  offer,
  restart,
  silent,
}: FaceInput): ReleaseFace {
  const { release, releasing, blockedBy, missing, refusal, showResult, mayCancel } = control;
  if (releasing && words !== null) {
    const backend = release.backend === null ? words.allBackends : nameOf(release.backend);
    const { waiting } = release;
    if (waiting !== null) {
      const text = !waiting.cancellable ? words.stopping : waiting.asked ? words.alreadyAsked : words.waiting;
      const queue =
        (waiting.queue ?? 0) > 0 ? ` ${fillIn(words.waitingQueue, { n: waiting.queue ?? 0 })}` : "";
      const name = waiting.asked ? words.stopWaiting : words.cancelWaiting;
      return {
        ...NOTHING,
        button: mayCancel ? { text: name, does: "cancel" } : { text: words.askingShort, does: "nothing" },
        say: { text: fillIn(text, { backend }) + queue, tone: "plain" },
      };
    }
    const measures = release.state === "verifying";
    return {
      ...NOTHING,
      button: { text: measures ? words.measuringShort : words.askingShort, does: "nothing" },
      say: { text: measures ? words.verifying : fillIn(words.calling, { backend }), tone: "plain" },
      hasDetails: release.parts.length > 1,
    };
  }
  if (refusal !== null) {
    const { message, advice } = wordsOf(refusal);
    return { ...NOTHING, say: { text: `${message} ${advice}`, tone: "bad" } };
  }
  const waits =
    missing === null || words === null ? null : { text: words.missing[missing], tone: "muted" as const };
  const blocked = blockedBy === null ? null : sentence(wordsOf(blockedBy));
  if (showResult && words !== null) {
    const face = resultFace(control, words, wordsOf, nameOf, canStart, restart);
    return waits === null ? face : { ...face, say: waits };
  }
  if (waits !== null) return { ...NOTHING, say: waits };
  if (offer !== null) return { ...NOTHING, say: { text: offer, tone: "plain" }, hasDetails: hasMore };
  if (blocked !== null) return { ...NOTHING, say: { text: blocked, tone: "muted" } };
  if (silent !== null && words !== null) {
    return { ...NOTHING, say: { text: `${silent} ${words.backendState.unreachable}`, tone: "muted" } };
  }
  return {
    ...NOTHING,
    say: restart === null ? null : { text: restart, tone: "muted" },
    hasDetails: hasMore,
  };
}

function sentence({ message, advice }: ProblemWords): string {
  return `${message} ${advice}`;
}

function resultFace(
  { release: { state, freedMiB, problem, stillHeldBy } }: ReleaseControl,
  words: ReleaseWords,
  wordsOf: (problem: Problem) => ProblemWords,
  nameOf: (backend: string | null) => string,
  canStart: number | null,
  restart: string | null,
): ReleaseFace {
  const said = problem === null ? null : wordsOf(problem).message;
  if (state === "done" && freedMiB !== null && freedMiB > 0) {
    const partly = problem !== null && said !== null;
    return {
      button: null,
      say: partly
        ? { text: said, tone: "plain" }
        : canStart === null
          ? null
          : { text: fillIn(words.moreNow, { n: canStart }), tone: "good" },
      result: fillIn(words.freed, { gib: gib(freedMiB) }),
      hasDetails: true,
    };
  }
  if (problem?.code === "release-cancelled") {
    return { ...NOTHING, say: { text: said ?? words.cancelled, tone: "muted" }, hasDetails: true };
  }
  if (problem?.code === "nothing-freed" || problem?.code === "nothing-loaded") {
    const [most] = [...stillHeldBy].sort((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0));
    const held =
      most?.usedMiB == null || most.backend === undefined
        ? null
        : fillIn(words.stillHeldShort, { name: nameOf(most.backend), gib: gib(most.usedMiB) });
    return {
      button: null,
      say: { text: restart ?? [said, held].filter((text) => text !== null).join(" "), tone: "plain" },
      result: words.nothingFreed,
      hasDetails: true,
    };
  }
  return {
    ...NOTHING,
    say: { text: said ?? words.failed, tone: state === "failed" ? "bad" : "plain" },
    hasDetails: true,
  };
}
