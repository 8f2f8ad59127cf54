import { expect, test } from "vitest";
import { candidatesOf, MOST_PORTS, type ProcessPort } from "../../../../server/found/candidates.ts";

const at = (port: number, pid = 7): ProcessPort => ({ port, pid, process: `${pid}@1` });
const none = { withUsual: false, taken: new Set<number>(), asked: new Set<string>() };
const portsOf = (...parameters: Parameters<typeof candidatesOf>) =>
  candidatesOf(...parameters).map(({ port }) => port);

test("FND-1 ports of programs on a GPU come first, then the usual ones, each once", () => {
  const all = candidatesOf([at(8189), at(8188), at(8188, 8)], { ...none, withUsual: true });
  expect(all.slice(0, 2)).toEqual([
    { port: 8189, pid: 7, key: "7@1:8189", kinds: null },
    { port: 8188, pid: 7, key: "7@1:8188", kinds: null },
  ]);
  expect(all.map(({ port }) => port).sort((a, b) => a - b)).toEqual([
    1234, 7801, 7860, 8000, 8080, 8188, 8189, 9090, 11_434,
  ]);
  expect(all.find(({ port }) => port === 7860)?.kinds).toEqual(["sdnext", "forge", "a1111", "gradio"]);
  expect(portsOf([], none)).toEqual([]);
});

test("FND-1b none that is taken or was asked, unless another process has it now", () => {
  expect(portsOf([at(8188), at(7870)], { ...none, taken: new Set([7870]) })).toEqual([8188]);
  const asked = new Set(["7@1:8188"]);
  expect(portsOf([at(8188)], { ...none, asked })).toEqual([]);
  expect(portsOf([at(8188, 8)], { ...none, asked })).toEqual([8188]);
});

test("FND-1c ports given out by chance and where workers meet are inner lines, and are not disturbed", () => {
  expect(portsOf([at(32_768), at(41_234), at(29_500), at(32_767), at(29_399)], none)).toEqual([
    32_767, 29_399,
  ]);
});

test("FND-1d no more than so many in one look", () => {
  const many = Array.from({ length: 100 }, (_, i) => at(10_000 + i));
  expect(portsOf(many, { ...none, withUsual: true })).toHaveLength(MOST_PORTS);
});
