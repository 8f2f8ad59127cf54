import type { Profile } from "../../../shared/capacity/profile.ts";
import { createAdmission } from "./policies/admission.ts";
import { withoutProcesses } from "./policies/hidden.ts";
import { createNaive } from "./policies/naive.ts";
import { createOurs } from "./policies/ours.ts";
import type { Policy } from "./policy.ts";
import { createOracle, createPeakOracle } from "./truth/oracle.ts";
import { drawScenario, MACHINES, type Machine, type Scenario } from "./truth/scenario.ts";
import { type Outcome, simulate, type Users } from "./truth/world.ts";

export interface Contender {
  key: string;
  /** Left out unless asked for: users whom no recommendation can keep apart. */
  more?: boolean;
  users: Users;
  make(profiles: readonly Profile[]): Policy;
}

export const CONTENDERS: readonly Contender[] = [
  { key: "naive free ÷ peak, in turns", users: "turns", make: createNaive },
  { key: "naive free ÷ peak, all at once", more: true, users: "herd", make: createNaive },
  { key: "ours without markers, in turns", users: "turns", make: unmarked },
  { key: "ours without markers, each by himself", more: true, users: "each", make: unmarked },
  { key: "ours without markers, all at once", more: true, users: "herd", make: unmarked },
  { key: "ours without markers, processes hidden", more: true, users: "spaced", make: hidden(unmarked) },
  { key: "ours with markers", users: "herd", make: markers },
  { key: "admission, the product's queue", users: "herd", make: createAdmission },
  { key: "ours with markers, processes hidden", more: true, users: "herd", make: hidden(markers) },
  { key: "admission, processes hidden", more: true, users: "herd", make: hidden(createAdmission) },
  { key: "markers, strict line", more: true, users: "herd", make: marked("markers", 0) },
  { key: "markers, passing allowed for 10 min", more: true, users: "herd", make: marked("markers", 600) },
];

function unmarked(profiles: readonly Profile[]): Policy {
  return createOurs(profiles, { name: "no markers", marked: false, patienceS: Number.POSITIVE_INFINITY });
}

function markers(profiles: readonly Profile[]): Policy {
  return marked("markers", Number.POSITIVE_INFINITY)(profiles);
}

function hidden(make: Contender["make"]): Contender["make"] {
  return (profiles) => withoutProcesses(make(profiles));
}

function marked(name: string, patienceS: number): Contender["make"] {
  return (profiles) => createOurs(profiles, { name, marked: true, patienceS });
}

export interface BenchSettings {
  seed: number;
  jobs: number;
  /** Busiest hours' offered load as a share of what the oracle can do. */
  load: number;
  /** Published figures are off by exactly ± this share (0: by ± 5 % at most). */
  wrong: number;
  jobsPerLife: number;
  contenders: readonly Contender[];
  machines?: readonly Machine[];
}

export interface Row {
  contender: string;
  machine: string;
  jobs: number;
  outcome: Outcome;
  /** Most out-of-memory of one profile in one machine's life. */
  worstProfile: number;
}

/** Runs every contender, and the oracle, over the same machines' lives. */
export function runBench(settings: BenchSettings, progress: (text: string) => void = () => {}): Row[] {
  const machines = settings.machines ?? MACHINES;
  const perMachine = Math.ceil(settings.jobs / machines.length);
  const rows = new Map<string, Row>();
  for (const machine of machines) {
    // By its place among all, so that one machine alone lives the same lives.
    const m = MACHINES.indexOf(machine);
    const lives = Math.max(1, Math.round(perMachine / settings.jobsPerLife));
    for (let life = 0; life < lives; life++) {
      const seed = settings.seed * 1000 + m * 100 + life;
      const scenario = scenarioOf(machine, seed, Math.ceil(perMachine / lives), settings);
      add(
        rows,
        "oracle",
        scenario,
        simulate(scenario, (running) => createOracle(scenario, running), "herd", seed),
      );
      const ofPeaks = simulate(scenario, (running) => createPeakOracle(scenario, running), "herd", seed);
      add(rows, "knows every peak, not the times", scenario, ofPeaks);
      for (const contender of settings.contenders) {
        const began = performance.now();
        const make = () => contender.make(scenario.profiles);
        add(rows, contender.key, scenario, simulate(scenario, make, contender.users, seed));
        progress(
          `${machine.name} ${life + 1}/${lives} ${contender.key} ${Math.round(performance.now() - began)} ms`,
        );
      }
    }
  }
  return [...rows.values()];
}

function scenarioOf(machine: Machine, seed: number, jobs: number, { load, wrong }: BenchSettings): Scenario {
  const common = { seed, publishedOff: wrong > 0 ? 0 : 0.05, publishedWrong: wrong };
  // What the machine can do: a batch of the same mix, all there from the start, by the oracle.
  const batch = drawScenario(machine, { ...common, jobs: 60 * machine.gpus + 100, rate: null });
  const first = batch.jobs[0]?.arrivesS ?? 0;
  const { endS, finished } = simulate(batch, (running) => createOracle(batch, running), "herd", seed);
  return drawScenario(machine, { ...common, jobs, rate: (load * finished) / (endS - first) });
}

function add(rows: Map<string, Row>, contender: string, { machine, jobs }: Scenario, outcome: Outcome): void {
  const key = `${contender}|${machine.name}`;
  const worst = Math.max(0, ...outcome.outOfMemoryOf.values());
  const row = rows.get(key);
  if (row === undefined) {
    rows.set(key, { contender, machine: machine.name, jobs: jobs.length, outcome, worstProfile: worst });
    return;
  }
  row.jobs += jobs.length;
  row.worstProfile = Math.max(row.worstProfile, worst);
  row.outcome = sumOf([row.outcome, outcome], [row.jobs - jobs.length, jobs.length]);
}

export function sumOf(outcomes: readonly Outcome[], weights: readonly number[]): Outcome {
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + pick(one), 0);
  const all = weights.reduce((a, b) => a + b, 0);
  const outOfMemoryOf = new Map<string, number>();
  for (const one of outcomes)
    for (const [id, n] of one.outOfMemoryOf) outOfMemoryOf.set(id, (outOfMemoryOf.get(id) ?? 0) + n);
  return {
    finished: sum((one) => one.finished),
    finishedInHours: sum((one) => one.finishedInHours),
    outOfMemory: sum((one) => one.outOfMemory),
    byOthers: sum((one) => one.byOthers),
    outOfMemoryOf,
    lost: sum((one) => one.lost),
    othersRefused: sum((one) => one.othersRefused),
    waitS: outcomes.reduce((mean, one, i) => mean + (one.waitS * (weights[i] ?? 0)) / all, 0),
    endS: Math.max(...outcomes.map((one) => one.endS)),
  };
}
