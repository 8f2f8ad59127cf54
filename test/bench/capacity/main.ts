import { ABLATIONS, type AblationRow, runAblation } from "./ablation.ts";
import { over, type Sum, WHO } from "./bench.ts";
import {
  runAll,
  type Target,
  targetsOf,
  targetsOfFigures,
  targetsOfPeople,
  targetsOfVisitors,
} from "./targets.ts";
import { CROWD } from "./world/machines.ts";

const TUNING = [1, 2, 3, 4, 5];
const CHECKING = [101, 102, 103, 104, 105];
/** Visitors that come after a job are so rare that they are counted on these as well: on all that are checked, or tuned. */
const MORE = { tuning: from(6, 25), checking: from(106, 125) };
const ABLATION = [201, 202];

/**
 * Prints the table of targets and what each rule is worth. `--tuning`: on the seeds that the rules were tuned on;
 * `--seeds 1,2`: on others; `--only table | ablation`; `--rule TEXT`: these rules alone.
 */
export function main(args: readonly string[]): void {
  const text = (name: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? null : (args[at + 1] ?? "");
  };
  const given = text("seeds")?.split(",").map(Number);
  const seeds = given ?? (args.includes("--tuning") ? TUNING : CHECKING);
  const only = text("only");
  const began = performance.now();
  const more = given !== undefined ? [] : args.includes("--tuning") ? MORE.tuning : MORE.checking;
  if (only !== "ablation") printTable(seeds, more);
  if (only !== "table") printAblation(given ?? ABLATION, text("rule") ?? "");
  print(`\n${((performance.now() - began) / 1000).toFixed(0)} s`);
}

function printTable(seeds: readonly number[], more: readonly number[]): void {
  print(`\n## Machines, seeds ${seeds}, noise of peaks 4.5 %\n`);
  print(
    "| machine | who | VRAM-time | ÷ perfect | finished | ÷ perfect | starts | out-of-memory: bookkeeping, measured, first, visitor | mean wait s |",
  );
  print("|---|---|---|---|---|---|---|---|---|");
  const perfect = new Map<string, Sum>();
  const rows = runAll(seeds, { noise: 0.045, wrong: 0, who: WHO }, (machine, who, sum) => {
    if (who === "perfect") perfect.set(machine.name, sum);
    print(row(machine.name, who, sum, perfect.get(machine.name)));
  });
  const known = over(seeds.slice(0, 1), { machine: CROWD, noise: 0.045, wrong: 0, who: "perfect" });
  for (const who of WHO) {
    const sum =
      who === "perfect" ? known : over(seeds.slice(0, 1), { machine: CROWD, noise: 0.045, wrong: 0, who });
    print(row(CROWD.name, who, sum, known));
  }
  const visitors = targetsOfVisitors(rows, more);
  printTargets([
    ...targetsOf(rows),
    ...visitors.targets,
    ...targetsOfFigures(seeds),
    ...targetsOfPeople(seeds),
  ]);
  print(`\n## A visitor came after, seeds ${[...seeds, ...more]}\n`);
  print(
    "| who | events | starts | per 1,000 | perfect's events | starts | per 1,000 | ratio | 95 % | chance of as many at perfect's rate | excess that would show |",
  );
  print("|---|---|---|---|---|---|---|---|---|---|---|");
  for (const line of visitors.counts) print(line);
}

function row(name: string, who: string, sum: Sum, perfect: Sum | undefined): string {
  const { vramTime, finished, starts, outOfMemory: oom, waitS } = sum;
  const ratio = (a: number, b: number | undefined) => (b === undefined ? "" : (a / b).toFixed(2));
  const failures = `${oom.bookkeeping}, ${oom.measured}, ${oom.first}, ${oom.visitor}`;
  return `| ${name} | ${who} | ${vramTime.toFixed(1)} | ${ratio(vramTime, perfect?.vramTime)} | ${finished} | ${ratio(finished, perfect?.finished)} | ${starts} | ${failures} | ${waitS.toFixed(0)} |`;
}

function printTargets(targets: readonly Target[]): void {
  print("\n## Targets\n\n| | who | wanted | reached | |\n|---|---|---|---|---|");
  for (const { what, who, wanted, reached, holds } of targets)
    print(`| ${what} | ${who} | ${wanted} | ${reached} | ${holds ? "holds" : "**falls short**"} |`);
  const short = targets.filter(({ holds }) => !holds).length;
  print(`\n${targets.length - short} of ${targets.length} targets hold.`);
}

function printAblation(seeds: readonly number[], rule: string): void {
  print(`\n## Each rule switched off, seeds ${seeds}, lives of 20 minutes\n`);
  print(
    "| rule | who | VRAM-time | finished | out-of-memory per 1,000: bookkeeping, figures, visitor | mean wait s | longest wait | wait of one |",
  );
  print("|---|---|---|---|---|---|---|---|");
  const known = ABLATIONS.map((one) => one.rule);
  const wants = (name: string) => rule === "" || name.includes(rule) || name === known[0];
  runAblation(seeds, wants, (one: AblationRow) => {
    const { bookkeeping, figures, visitor } = one.outOfMemory;
    const failures = [bookkeeping, figures, visitor].map((n) => n.toFixed(1)).join(", ");
    print(
      `| ${one.rule} | ${one.who} | ${one.vramTime.toFixed(3)} | ${one.finished.toFixed(3)} | ${failures} | ${one.waitS.toFixed(0)} | ${one.longestWait.toFixed(1)} | ${one.waitOfOne.toFixed(0)} |`,
    );
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
