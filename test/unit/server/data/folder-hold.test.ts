import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FolderHold, holdFiles, holdFolder } from "../../../../server/data/folder-hold.ts";
import { createLineLog } from "../../../../server/data/line-log.ts";

let root: string;
let held: FolderHold[] = [];
const said: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "gpu-panel-hold-"));
  said.length = 0;
});
afterEach(() => {
  for (const hold of held) hold.close();
  held = [];
  rmSync(root, { recursive: true, force: true });
});

const folder = () => join(root, "data");
function hold(port: number, demo = false) {
  const self = { pid: port, host: "here", url: `http://127.0.0.1:${port}/` };
  const one = holdFolder({ folder: folder(), demo, self, complain: (text) => said.push(text) });
  held.push(one);
  return one;
}
const files = () => holdFiles(folder(), false);

describe("the data folder", () => {
  test("CFG-3b CFG-3c the second one is told whose the folder is, once, and takes it over when it is free", () => {
    const first = hold(7001);
    const second = hold(7002);
    let taken = 0;
    second.onTaken(() => taken++);
    expect([first.mayWrite(), second.mayWrite()]).toEqual([true, false]);
    expect(second.problem()).toMatchObject({
      code: "folder-held",
      params: { panel: "http://127.0.0.1:7001/, pid 7001, here" },
    });
    second.retry();
    expect(said).toEqual([expect.stringContaining("http://127.0.0.1:7001/")]);
    first.close();
    expect(existsSync(files().note)).toBe(false);
    second.retry();
    expect([second.mayWrite(), second.problem(), taken]).toEqual([true, null, 1]);
    expect(said[1]).toContain("is free now");
    expect(readFileSync(files().note, "utf8")).toContain("7002");
  });

  test("HIS-13 the demo's files and the real ones are held apart", () => {
    hold(7001);
    expect(hold(7002, true).mayWrite()).toBe(true);
  });

  test("CFG-3 what a killed one has left behind, a note and a lock file, holds nothing", () => {
    hold(7001).close();
    writeFileSync(files().note, '{"pid":1,"host":"gone","url":null}');
    expect(hold(7002).mayWrite()).toBe(true);
    expect(said).toEqual([]);
  });

  test("CFG-3 a folder that was removed meanwhile is taken anew", () => {
    const first = hold(7001);
    rmSync(folder(), { recursive: true });
    first.retry();
    expect(existsSync(files().note)).toBe(true);
    expect(hold(7002).mayWrite()).toBe(false);
  });

  test("CFG-3 a folder that cannot be made is nobody's: each store says itself what is wrong", () => {
    writeFileSync(folder(), "");
    const one = hold(7001);
    expect([one.mayWrite(), one.problem(), said]).toEqual([true, null, []]);
  });

  test("CFG-3c lines wait while the folder is another's, and stand behind his when it is free", () => {
    const first = hold(7001);
    const second = hold(7002);
    const file = join(folder(), "log.jsonl");
    const log = (of: FolderHold) =>
      createLineLog({
        file,
        older: `${file}.1`,
        largestBytes: 1e6,
        onTrouble: (text) => said.push(String(text)),
        hold: of,
      });
    const [ours, theirs] = [log(first), log(second)];
    theirs.append(2);
    ours.append(1);
    expect(readFileSync(file, "utf8")).toBe("1\n");
    first.close();
    second.retry();
    theirs.append(3);
    expect(readFileSync(file, "utf8")).toBe("1\n2\n3\n");
  });
});
