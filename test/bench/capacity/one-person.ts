import { publish } from "../../../server/capacity/published/publish.ts";
import { run, type Who } from "./bench.ts";
import { ONE_PERSON } from "./world/machines.ts";

export interface Rightness {
  seconds: number;
  /** The state was right, the answer "does the next job fit in it" was, and 0 was shown while idle. */
  state: number;
  answer: number;
  zeroWhileIdle: number;
  outcome: ReturnType<typeof run>;
}

/** One person with one WebUI: is the state of each second right, and what is answered? */
export function onePerson(who: Who, tells: boolean | "polled", seed: number, minutes?: number): Rightness {
  const machine = { ...ONE_PERSON, users: ONE_PERSON.users.map((user) => ({ ...user, tells })) };
  const found = { seconds: 0, state: 0, answer: 0, zeroWhileIdle: 0 };
  const limit = minutes === undefined ? {} : { minutes };
  const outcome = run({
    machine,
    who,
    seed,
    noise: 0.01,
    wrong: 0,
    ...limit,
    watch: ({ programs }, { state, policy }) => {
      const [program] = programs;
      if (program === undefined || program.levelMiB === 0) return;
      found.seconds++;
      const busy = program.jobs.some(({ age }) => age >= 0);
      const [track] = state().gpus;
      if (track?.kind !== "listed") return;
      const tenant = track.tenants.find(({ pid }) => pid === program.pid);
      if (tenant?.state === (busy ? "running" : "idle")) found.state++;
      const jobClass = {
        key: "wan2.1-1.3b",
        family: null,
        size: null,
        publishedMiB: 8200,
        configuredMiB: null,
        seconds: null,
      };
      const { canStart, perGpu } = publish(state(), { jobClass }, policy);
      const resident = perGpu[0]?.residents.find(({ pid }) => pid === program.pid);
      // Alone on its card its next job always fits in it, and none starts in it as long as one runs.
      const inIt = busy ? 0 : 1;
      if (resident?.nextJob.fits === inIt && perGpu[0]?.inIt === inIt) found.answer++;
      // Who was let in a second ago is not idle.
      if (program.jobs.length === 0 && canStart === 0) found.zeroWhileIdle++;
    },
  });
  return { ...found, outcome };
}
