import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { createFakeNvidiaSmi, type FakeNvidiaSmi, type FakeScript } from "../../helpers/fake-nvidia-smi.ts";

export const FIXTURES = new URL("../../fixtures/nvidia-smi/", import.meta.url);
export const CSV = "--format=csv,noheader,nounits";

/** A fake that goes with its test. */
export function createFake(initial?: Partial<FakeScript>): FakeNvidiaSmi {
  const fake = createFakeNvidiaSmi(initial);
  onTestFinished(fake.dispose);
  return fake;
}

export type Running = {
  child: ChildProcessByStdio<null, Readable, Readable>;
  out: () => string;
  err: () => string;
  chunks: { at: number; text: string }[];
  lines: () => string[];
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export function start(fake: FakeNvidiaSmi, args: string[]): Running {
  const child = spawn("nvidia-smi", args, { env: fake.env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: { at: number; text: string }[] = [];
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => chunks.push({ at: performance.now(), text }));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const out = () => chunks.map(({ text }) => text).join("");
  return {
    child,
    out,
    err: () => err,
    chunks,
    lines: () => out().split("\n").slice(0, -1),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code, signal) => resolve({ code, signal }));
    }),
  };
}

export async function run(
  fake: FakeNvidiaSmi,
  args: string[],
): Promise<{ code: number | null; out: string }> {
  const running = start(fake, args);
  const { code } = await running.ended;
  return { code, out: running.out() };
}

export function corpus(name: string): string {
  return readFileSync(new URL(`corpus/${name}`, FIXTURES), "utf8");
}

export function fieldsFile(branch: string): string[] {
  return readFileSync(new URL(`fields/fields-${branch}.txt`, FIXTURES), "utf8")
    .split("\n")
    .filter(Boolean);
}

export const branches = readdirSync(new URL("fields/", FIXTURES)).map((name) =>
  name.replace(/^fields-(.*)\.txt$/, "$1"),
);
