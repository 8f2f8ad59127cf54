import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What a run tests, and how hard. docs/development.md has the table. */
export interface Tier {
  name: "fast" | "test" | "all" | "long" | "hosts";
  /** Where fast-check begins. */
  seed: number;
  /** How many times the usual number of cases each property gets. */
  runs: number;
}

const FIXED_SEED = 20_261_129;

/** Integration tests that `npm run test:fast` runs too: those that take five seconds or less. */
export const QUICK_INTEGRATION: readonly string[] = [
  "test/contract/!(backend).test.ts",
  "test/integration/{nvidia-smi,terminal,upgrades}.test.ts",
];

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Unit tests that draw cases: the long tier gives them more, and has no use for the others, which `npm test` has run. */
export const unitTestsThatDraw = (): string[] =>
  readdirSync(`${ROOT}test/unit`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/unit/${name.replaceAll("\\", "/")}`)
    .filter(
      (path) =>
        /\.test\.tsx?$/.test(path) &&
        /"fast-check"|helpers\/seeds|inject\("(?:seed|runs)"\)/.test(readFileSync(ROOT + path, "utf8")),
    );

/** @param mode of vitest: `--mode all` for `npm test`, `long`, or `hosts` or `hosts-long` for real backends */
export function tierOf(mode: string): Tier {
  if (mode === "fast") return { name: "fast", seed: FIXED_SEED, runs: 1 };
  if (mode === "hosts" || mode === "hosts-long")
    return { name: "hosts", seed: FIXED_SEED, runs: mode === "hosts" ? 1 : 3 };
  if (mode !== "long" && mode !== "long-short")
    return { name: mode === "all" ? "all" : "test", seed: FIXED_SEED, runs: 1 };
  const given = Number(process.env.TEST_SEED);
  const seed = Number.isInteger(given) && given > 0 ? given : Math.floor(Math.random() * 2 ** 31);
  process.stdout.write(`Seed of this run: ${seed}; TEST_SEED=${seed} repeats it\n`);
  return { name: "long", seed, runs: mode === "long" ? 20 : 3 };
}
