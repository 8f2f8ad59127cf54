import { problem } from "../../shared/problems/make-problem.ts";
import { refuse, succeed } from "../../shared/protocol/reply.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import { withOwnPeak } from "../capacity/classes/job-class.ts";
import { descriptionOf } from "../jobs/records.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Timings } from "../timings.ts";
import type { RecordedJob } from "../what-if/recorded-jobs.ts";
import type { CapacityArea } from "./capacity.ts";
import type { DecisionsArea } from "./decisions.ts";

export interface WhatIfParts {
  disposer: Disposer;
  /** `null`: a recording is played. */
  decisions: Pick<DecisionsArea, "read"> | null;
  capacity: Pick<CapacityArea, "resolve" | "told" | "policy">;
  time: Time;
  timings: Timings;
}

/** What the gate would have done in the last days. */
export function composeWhatIf(parts: WhatIfParts): ActsOn["whatIf"] {
  const { disposer, decisions, capacity, time, timings } = parts;
  if (decisions === null) return async () => refuse(problem("replaying"));
  const { read } = decisions;
  const classOf = ({ body, label, reservedMiB }: RecordedJob) => {
    const meant = body === null ? null : capacity.resolve(descriptionOf(body));
    return meant?.jobClass ?? withOwnPeak(null, reservedMiB ?? 1, label);
  };
  async function open() {
    // Wanted seldom.
    const { createWhatIfDesk, inWords } = await import("../what-if/what-if.ts");
    const desk = createWhatIfDesk({
      ...{ read, policy: capacity.policy, classOf, freshMs: timings.recording.whatIfFreshMs },
      nowMs: () => time.wallOf(time.nowMs()),
    });
    return { desk, inWords };
  }

  let opened: ReturnType<typeof open> | null = null;
  disposer.add(async () => (await opened)?.desk.close());
  disposer.add(
    capacity.told.onEnd(({ oom }) => {
      if (oom) void opened?.then(({ desk }) => desk.forget());
    }),
  );
  return async (days, language) => {
    opened ??= open();
    const { desk, inWords } = await opened;
    return succeed(inWords(await desk.ask(days), language));
  };
}
