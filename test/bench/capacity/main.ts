import { readFileSync, writeFileSync } from "node:fs";
import { CONTENDERS, type Row, runBench, sumOf } from "./bench.ts";
import { MACHINES } from "./truth/scenario.ts";

/**
 * Prints the figures of all contenders; `--seed`, `--jobs`, `--load`, `--wrong`, `--life`, `--only`, `--machine`, `--all`.
 * `--save FILE` keeps them, and `--sum FILE,FILE` prints those of several runs together: one for each machine, say.
 */
export function main(args: readonly string[]): void {
  const read = (name: string, otherwise: number) => {
    const at = args.indexOf(`--${name}`);
    const value = at < 0 ? otherwise : Number(args[at + 1]);
    if (!Number.isFinite(value)) throw new Error(`--${name} wants a number`);
    return value;
  };
  const text = (name: string) =>
    args.includes(`--${name}`) ? (args[args.indexOf(`--${name}`) + 1] ?? "") : "";
  const kept = text("sum");
  if (kept !== "") {
    printAll(kept.split(",").flatMap(readRows));
    return;
  }
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "") : "";
  const machine = args.includes("--machine") ? (args[args.indexOf("--machine") + 1] ?? "") : "";
  const settings = {
    seed: read("seed", 1),
    jobs: read("jobs", 100_000),
    load: read("load", 0.8),
    wrong: read("wrong", 0),
    jobsPerLife: read("life", 2_500),
    machines: MACHINES.filter(({ name }) =>
      MACHINES.some((one) => one.name === machine) ? name === machine : name.includes(machine),
    ),
    contenders: CONTENDERS.filter(
      ({ key, more }) => key.includes(only) && (more !== true || args.includes("--all")),
    ),
  };
  print(
    `seed ${settings.seed}, ${settings.jobs} jobs, busiest hours at ${settings.load * 100} % of what the oracle can do, ` +
      `machines' lives of ${settings.jobsPerLife} jobs, published peaks off by ${settings.wrong > 0 ? `± ${settings.wrong * 100} %` : "up to ± 5 %"}`,
  );
  const began = performance.now();
  const rows = runBench(settings, args.includes("--verbose") ? print : undefined);
  if (text("save") !== "") writeFileSync(text("save"), JSON.stringify(rows, writable));
  printAll(rows);
  print(`\n${((performance.now() - began) / 1000).toFixed(0)} s`);
}

const writable = (_: string, value: unknown) => (value instanceof Map ? [...value] : value);

function readRows(file: string): Row[] {
  const rows: Row[] = JSON.parse(readFileSync(file, "utf8"));
  return rows.map((row) => ({
    ...row,
    outcome: { ...row.outcome, outOfMemoryOf: new Map(row.outcome.outOfMemoryOf) },
  }));
}

function printAll(rows: readonly Row[]): void {
  for (const machine of [...new Set(rows.map((row) => row.machine))])
    table(
      machine,
      rows.filter((row) => row.machine === machine),
    );
  const totals = [...new Set(rows.map((row) => row.contender))].map((contender): Row => {
    const own = rows.filter((row) => row.contender === contender);
    return {
      contender,
      machine: "all",
      jobs: own.reduce((sum, row) => sum + row.jobs, 0),
      outcome: sumOf(
        own.map((row) => row.outcome),
        own.map((row) => row.jobs),
      ),
      worstProfile: Math.max(...own.map((row) => row.worstProfile)),
    };
  });
  table("all machines", totals);
}

function table(title: string, rows: readonly Row[]): void {
  const oracle = rows.find(({ contender }) => contender === "oracle")?.outcome;
  print(`\n== ${title}, ${rows[0]?.jobs ?? 0} jobs ==`);
  const head = ["", "OOM", "per 1000", "by others", "worst", "lost", "in hours", "all", "wait s"];
  const body = rows.map(({ contender, jobs, outcome, worstProfile }) => [
    contender,
    String(outcome.outOfMemory),
    ((outcome.outOfMemory * 1000) / jobs).toFixed(2),
    String(outcome.byOthers),
    String(worstProfile),
    String(outcome.lost),
    percent(outcome.finishedInHours, oracle?.finishedInHours),
    percent(outcome.finished, oracle?.finished),
    outcome.waitS.toFixed(0),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...body])
    print(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    );
}

const percent = (value: number, of: number | undefined) =>
  of === undefined || of === 0 ? "—" : `${((value * 100) / of).toFixed(1)} %`;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
