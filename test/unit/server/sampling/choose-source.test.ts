import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readOptions } from "../../../../server/config/read-options.ts";
import { chooseSource } from "../../../../server/sampling/choose-source.ts";
import { commandOf, locateNvidiaSmi } from "../../../../server/sampling/locate.ts";

const root = mkdtempSync(join(tmpdir(), "choose-source-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string) {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  return path;
}
function executable(path: string, mode = 0o755) {
  writeFileSync(path, "#!/bin/sh\nexit 9\n");
  chmodSync(path, mode);
  return path;
}
function choose(args: string[], path: string) {
  const result = readOptions(args, {}, () => null);
  if (result.kind !== "options") throw new Error(JSON.stringify(result));
  return chooseSource(result.options, { PATH: path });
}

const empty = folder("empty");
const failing = folder("failing");
const command = executable(join(failing, "nvidia-smi"));
const DEMO = { kind: "demo", gpuCount: 2, reason: "no-nvidia-smi" };

describe("the source", () => {
  test("SMP-13 one that is found is taken although it fails, and asked for or not", () => {
    const found = { kind: "nvidia-smi", command: [command] };
    expect(choose([], failing)).toEqual(found);
    expect(choose(["--source", "nvidia-smi"], failing)).toEqual(found);
    expect(choose([], [empty, failing].join(delimiter))).toEqual(found);
  });

  test("SMP-13b without one the demo is shown and says so; one that was asked for is never replaced", () => {
    expect(choose([], empty)).toEqual(DEMO);
    expect(choose(["--source", "nvidia-smi"], empty)).toMatchObject({ kind: "nvidia-smi" });
    expect(choose(["--nvidia-smi", join(empty, "nvidia-smi")], empty)).toEqual({
      kind: "nvidia-smi",
      command: [join(empty, "nvidia-smi")],
    });
    expect(choose(["--nvidia-smi", "'half a quote"], empty)).toMatchObject({ kind: "nvidia-smi" });
    expect(choose(["--source", "demo"], failing)).toEqual({ ...DEMO, reason: "asked-for" });
  });

  test("SMP-13 the first on PATH counts; folders, dead links and files that may not run are passed over", () => {
    const asFolder = folder("as-folder");
    mkdirSync(join(asFolder, "nvidia-smi"));
    const dead = folder("dead");
    symlinkSync(join(root, "nowhere"), join(dead, "nvidia-smi"));
    const plain = folder("plain");
    executable(join(plain, "nvidia-smi"), 0o644);
    const linked = folder("linked");
    symlinkSync(command, join(linked, "nvidia-smi"));
    const path = [join(root, "missing"), asFolder, dead, plain, linked, failing].join(delimiter);
    expect(locateNvidiaSmi({ PATH: path })).toEqual([join(linked, "nvidia-smi")]);
    expect(choose([], [asFolder, dead, plain].join(delimiter))).toEqual(DEMO);
  });

  test("SMP-13 an entry of PATH that is a file hides no nvidia-smi behind it", () => {
    const path = [executable(join(root, "file")), failing].join(delimiter);
    expect(locateNvidiaSmi({ PATH: path })).toEqual([command]);
  });

  test("SMP-13 a path with spaces is one word, anything else a command line, however long", () => {
    const spaced = executable(join(folder("with space"), "nvidia smi"));
    expect(commandOf(spaced)).toEqual([spaced]);
    expect(commandOf(`${spaced} -a 'b c'`)).toEqual([spaced, "-a", "b c"]);
    expect(commandOf(`'${spaced}' -a`)).toEqual([spaced, "-a"]);
    const missing = join(root, "not here", "nvidia-smi");
    expect(commandOf(missing)).toEqual([missing]);
    expect(commandOf("ssh gpu nvidia-smi")).toEqual(["ssh", "gpu", "nvidia-smi"]);
    expect(commandOf("   ")).toBeNull();
    const long = ["ssh", ..."abcdefgh".split("").map((letter) => `-o=${letter.repeat(50)}`), "nvidia-smi"];
    expect(commandOf(long.join(" "))).toEqual(long);
  });
});
