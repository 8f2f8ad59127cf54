import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Copy, type Ended, makeCopy } from "./copy.ts";
import { MUTANTS } from "./list.ts";
import { BUILDS, buildsOf, type Mutant, mutate, needsBuild } from "./mutant.ts";
import { keyOf, openResults, type Result } from "./results.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the mutants without a result yet. Returns the exit code: 1 when one survives. */
export function main(args: readonly string[]): number {
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "") : "";
  const chosen = MUTANTS.filter((mutant) => nameOf(mutant).includes(only));
  if (args.includes("--list")) {
    for (const mutant of chosen) print(`${nameOf(mutant)}  [${mutant.tests.join(", ")}]`);
    return 0;
  }
  const results = openResults(join(ROOT, ".cache/mutants.json"));
  const known = chosen.map((mutant) => {
    const key = keyOf(ROOT, mutant);
    return { mutant, key, result: results.get(key) };
  });
  const waiting = known.filter(({ result }) => result === undefined);
  if (waiting.length > 0) {
    const copy = makeCopy(ROOT);
    const build = createBuild(copy);
    try {
      // Unit tests first: they tell soonest.
      for (const built of [false, true]) {
        const group = waiting.filter(({ mutant }) => needsBuild(mutant) === built);
        if (group.length === 0) continue;
        if (built) build();
        const failing = failingFiles(
          copy,
          group.flatMap(({ mutant }) => mutant.tests),
        );
        for (const one of group) {
          if (one.mutant.tests.some((file) => failing.has(file))) continue;
          one.result = tryOut(copy, one.mutant, build);
          results.set(one.key, one.result);
          print(lineOf(one.mutant, one.result));
        }
      }
    } finally {
      copy.remove();
    }
  }
  return sumUp(known);
}

/** Tests that fail without any mutant would seem to kill all of theirs. */
function failingFiles(copy: Copy, files: readonly string[]): ReadonlySet<string> {
  const { ok, output } = test(copy, [...new Set(files)]);
  if (ok) return new Set();
  const failing = [...output.matchAll(/^ *FAIL .*?(test\/\S+\.test\.tsx?)/gm)].map(([, file = ""]) => file);
  if (failing.length === 0) throw new Error(`the tests do not run:\n${output.slice(-4000)}`);
  for (const file of new Set(failing))
    print(`${file} fails without any mutant: none of its mutants is tried`);
  return new Set(failing);
}

function tryOut(copy: Copy, mutant: Mutant, build: Build): Result {
  const file = join(copy.folder, mutant.file);
  const whole = readFileSync(file, "utf8");
  const beganMs = performance.now();
  writeFileSync(file, mutate(whole, mutant));
  try {
    if (needsBuild(mutant)) build(mutant.file);
    const { ok, output } = test(copy, mutant.tests, "--bail", "1");
    const by = /^ *FAIL +(.+)$/m.exec(output)?.[1] ?? (ok ? "" : "no test that says its name");
    return { killed: !ok, seconds: Math.round((performance.now() - beganMs) / 1000), by };
  } finally {
    writeFileSync(file, whole);
  }
}

/** Builds what a changed file is part of, and anew what the mutant before was part of; without a file, all. */
function createBuild(copy: Copy) {
  let spoilt: readonly string[] = BUILDS;
  return (file?: string) => {
    const own = file === undefined ? [] : buildsOf(file);
    for (const mode of new Set([...spoilt, ...own])) {
      const { ok, output } = copy.run("npx", "vite", "build", "--logLevel", "warn", "--mode", mode);
      if (!ok) throw new Error(`the build fails:\n${output.slice(-4000)}`);
    }
    spoilt = own;
  };
}
type Build = ReturnType<typeof createBuild>;

/** Files of the long tier are none of the usual mode's. */
function test(copy: Copy, files: readonly string[], ...flags: string[]): Ended {
  const isLong = (file: string) => file.startsWith("test/long/");
  const run = (mode: string, some: readonly string[]): Ended =>
    some.length === 0
      ? { ok: true, output: "" }
      : copy.run("npx", "vitest", "run", "--mode", mode, ...flags, ...some);
  const usual = run(
    "test",
    files.filter((file) => !isLong(file)),
  );
  const long = run("long-short", files.filter(isLong));
  return { ok: usual.ok && long.ok, output: usual.output + long.output };
}

function sumUp(all: readonly { mutant: Mutant; result: Result | undefined }[]): number {
  const survivors = all.filter(({ result }) => result?.killed !== true);
  print(`${all.length - survivors.length} of ${all.length} mutants are killed.`);
  for (const { mutant, result } of survivors) print(lineOf(mutant, result));
  return survivors.length === 0 ? 0 : 1;
}

function lineOf(mutant: Mutant, result: Result | undefined): string {
  if (result === undefined) return `NOT RUN  ${nameOf(mutant)}`;
  const { killed, seconds, by } = result;
  return `${killed ? "killed  " : "SURVIVED"} ${seconds} s  ${nameOf(mutant)}  ${by}`;
}

const nameOf = ({ file, find, replacement }: Mutant) =>
  `${file}: ${find} -> ${replacement}`.replace(/\s+/g, " ");

function print(line: string) {
  process.stdout.write(`${line}\n`);
}
