import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${folder}/${name}`);
}

/** What a file imports of ours, types and lazily loaded files too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const named = [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+?)["']/g)].map(
    ([, path = ""]) => path,
  );
  return named.map((path) => relative(ROOT, join(ROOT, dirname(file), path)));
}

/** Circles of at least two nodes, by Tarjan's way. Pure. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  function visit(node: string): number {
    const own = order.size;
    order.set(node, own);
    open.push(node);
    let least = own;
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) least = Math.min(least, visit(next));
      else if (open.includes(next)) least = Math.min(least, low.get(next) ?? order.get(next) ?? own);
    }
    low.set(node, least);
    if (least === own) {
      const circle = open.splice(open.indexOf(node));
      if (circle.length > 1) circles.push(circle);
    }
    return least;
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles;
}

test("a circle is found, however long, and what only leads to it is none", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["d", "b"]],
    ["d", []],
    ["e", ["a"]],
  ]);
  expect(circlesOf(graph).map((circle) => circle.sort())).toEqual([["b", "c"]]);
  expect(circlesOf(new Map([...graph, ["d", ["a"]]]))[0]?.sort()).toEqual(["a", "b", "c", "d"]);
});

test("no file imports itself by way of others, types included", () => {
  const files = ["server", "client", "shared"].flatMap(sources);
  expect(files.length).toBeGreaterThan(400);
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  // Else a spelling that this test does not read would hide circles.
  expect([...graph.values()].flat().filter((file) => graph.has(file)).length).toBeGreaterThan(1500);
  expect(circlesOf(graph)).toEqual([]);
});
