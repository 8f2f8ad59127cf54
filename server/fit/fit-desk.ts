import { randomUUID } from "node:crypto";
import type { FitAdvice, FitLanguage } from "../../shared/capacity/fit.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { FitQuery } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { BackendState } from "../../shared/release/backend.ts";
import { estimateMiB, loadedMiB } from "../../shared/release/estimate.ts";
import { type Admitted, admit } from "../capacity/admission/admit.ts";
import { withoutTicketOf } from "../capacity/admission/tickets.ts";
import { placingOf } from "../capacity/admission/wish.ts";
import { askRoom, fit as howMany, withoutJobBefore } from "../capacity/capacity.ts";
import { figureOf } from "../capacity/learning/figure.ts";
import type { LiveCapacity } from "../capacity/live/live.ts";
import type { CapacityView } from "../capacity/live/view.ts";
import type { JobAsk } from "../capacity/model.ts";
import { publish } from "../capacity/published/publish.ts";
import { fitsNever } from "../capacity/room/never.ts";
import type { FitAnswer } from "../http/openapi/fit-schema.ts";
import type { Knowledge } from "../profiles/knowledge.ts";
import { withFigure } from "../profiles/known-profiles.ts";
import type { Meant } from "../profiles/resolve.ts";
import { adviseOn } from "./options.ts";

export interface FitDeskContext {
  live: LiveCapacity;
  knowledge: Knowledge;
  view: CapacityView;
  /** What people call a declared job. */
  labelOf(id: string): string;
  /** Why no job can be let in here, whatever there is room for; `null`: nothing stands against it. */
  obstacle(): Promise<Problem | null>;
  /** Why nobody may start now; `null`: nothing stands against it. */
  closed(): Problem | null;
  latest(): Sample;
  backends(): readonly BackendState[];
}

/** Answers whether one more job of a kind fits, how many, why, and what would make it fit. */
export interface FitDesk {
  /** With the intent to start, a yes holds the room for a moment. Asking counts as watching. */
  fit(query: FitQuery, from: string, language: FitLanguage): Promise<Reply<FitAnswer>>;
  /** For a panel that looks. */
  adviseOn(profile: string): Reply<FitAdvice>;
}

export function createFitDesk(context: FitDeskContext): FitDesk {
  const { live, knowledge, view, labelOf, latest, backends } = context;
  const { policy } = live;

  function advice(meant: Meant, ask: JobAsk, pass: Admitted): FitAdvice {
    const state = live.state();
    const never = state.gpus.length > 0 && fitsNever(state.gpus, figureOf(ask.jobClass, state, policy), ask);
    const { demands } = pass;
    if (!live.isKnown()) return { missingMiB: null, never, options: [] };
    return adviseOn({
      ...{
        demands,
        policy,
        never,
        nowMs: state.atMs,
        running: state.running,
        profiles: knowledge.profiles(),
      },
      placing: placingOf(ask, state, policy),
      labelOf,
      reclaimableMiB(id) {
        const backend = backends().find((one) => one.id === id);
        return backend === undefined || backend.busy === true || backend.modes.length === 0
          ? null
          : estimateMiB(backend, latest().gpus);
      },
      restartMiB(id) {
        const backend = backends().find((one) => one.id === id);
        return backend?.givesNothing === true && backend.busy !== true
          ? loadedMiB(backend, latest().gpus)
          : null;
      },
      profile: withFigure(meant.profile, meant.jobClass, state, policy),
      placingOf: (other) => placingOf(askFor(knowledge.classOf(other), other.gpus), state, policy),
    });
  }

  return {
    async fit(query, from, language) {
      const { signature, peakMiB, pid = null, backend = null, intent, asker = from, ...settings } = query;
      const isNamed = settings.profile !== undefined || settings.model !== undefined;
      const isBare = !isNamed && signature === undefined && peakMiB === undefined;
      const meant = knowledge.resolve({
        query: isNamed || isBare ? settings : null,
        ...{ signature, peakMiB, label: undefined },
      });
      if (meant === null) return refuse(problem("unknown-profile"));
      const closed = intent === "start" ? context.closed() : null;
      if (closed !== null) return refuse(closed);
      const gpuCount = settings.gpus ?? meant.profile.gpus;
      const ask: JobAsk = {
        ...{ id: randomUUID(), asker, jobClass: meant.jobClass, gpuCount, on: [], pid, backend },
      };
      live.change((state, nowMs) => ({ ...state, askedMs: nowMs }));
      const isHeld = intent === "start" && (await context.obstacle()) === null;
      // What is told here is what a job is told that asks next: by a sample and a list of now, not by what is shown.
      if (live.isKnown()) await live.decide();
      if (isHeld) live.change((now) => withoutJobBefore(now, ask, policy));
      const state = withoutTicketOf(live.state(), asker);
      const pass = admit(state, policy);
      const { jobClass } = meant;
      const fit = publish(state, { jobClass, gpuCount, asker: { asker, pid, backend } }, policy, pass);
      let ticket: string | null = null;
      if (isHeld && live.isKnown())
        live.change((now, atMs) => {
          const asked = askRoom(now, ask, atMs, policy);
          if (asked.answer.kind === "yes") ticket = asked.answer.ticket;
          return asked.state;
        });
      const profile = withFigure(meant.profile, meant.jobClass, state, policy);
      const canStart = live.isKnown() ? howMany(state, ask, policy) : null;
      const told = canStart === 0 ? advice(meant, ask, pass) : { missingMiB: canStart === null ? null : 0 };
      return succeed({
        ...{ profile: profile.id, fits: canStart === null ? null : canStart > 0, canStart },
        ...{ never: false, options: [], ...told },
        perGpu: view.perGpu(fit, jobClass, language),
        ...{
          ...{ peakMiB: profile.peakMiB, uncertaintyMiB: profile.uncertaintyMiB },
          basis: figureOf(jobClass, state, policy).basis,
          leastMiB: state.learned.get(jobClass.key)?.leastMiB ?? null,
          source: profile.source,
          ticket,
        },
        ...(meant.predicted === null ? {} : { predicted: meant.predicted }),
      });
    },
    adviseOn(id) {
      const meant = knowledge.resolve({
        ...{ query: { profile: id }, signature: undefined, peakMiB: undefined, label: undefined },
      });
      if (meant === null) return refuse(problem("unknown-profile"));
      const ask = askFor(meant.jobClass, meant.profile.gpus);
      return succeed(advice(meant, ask, admit(live.state(), policy)));
    },
  };
}

/** A panel's own question: it is nobody's process, and holds nothing. */
const askFor = (jobClass: JobAsk["jobClass"], gpuCount: number): JobAsk => ({
  ...{ id: "view", asker: "", jobClass, gpuCount, on: [], pid: null, backend: null },
});
