// Puts the modules of `python/gpu_status_panel` together into the one file that people copy beside their app.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, pid } from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACKAGE = join(ROOT, "python/gpu_status_panel");
/** Where it is written; no part of the repository. */
export const SINGLE_FILE = join(ROOT, "integrations/python/gpu_status_panel.py");
/** Modules without which the others load; those that import them bring theirs. */
const ENTRIES = ["_declare", "_watch_torch", "_mount", "_running", "_limit"];
const LATER_RELATIVE = /^[ \t]+from \.\w+ import .*\n/gm;

/** What is left of one that imported for types alone. */
const EMPTY_BLOCK = /^if TYPE_CHECKING:\n(?![ \t])\n*/gm;

/** A module in its parts. */
function readModule(name) {
  const text = readFileSync(join(PACKAGE, `${name}.py`), "utf8");
  const [, what = "", rest = ""] = /^"""(.*?)"""\n([\s\S]*)$/.exec(text) ?? [];
  const lines = rest.split("\n");
  const isHead = (line) => line === "" || /^(?:import|from) /.test(line);
  const end = lines.findIndex((line) => !isHead(line));
  const head = lines.slice(0, end).filter((line) => line !== "" && !line.includes("__future__"));
  if (head.some((line) => line.endsWith("("))) throw new Error(`${name}.py: an import goes on one line`);
  const needs = [...rest.matchAll(/^\s*from \.(\w+) import/gm)].map(([, needed = ""]) => needed);
  return {
    name,
    what: what.replace(/\.$/, ""),
    needs: needs.filter((needed, i) => needs.indexOf(needed) === i),
    imports: head.filter((line) => !line.startsWith("from .")),
    body: lines.slice(end).join("\n").replace(LATER_RELATIVE, "").replace(EMPTY_BLOCK, "").trim(),
  };
}

/** Those that others need come first. */
function inOrder() {
  const seen = new Set();
  const ordered = [];
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    const module = readModule(name);
    for (const needed of module.needs) visit(needed);
    ordered.push(module);
  };
  for (const name of ENTRIES) visit(name);
  return ordered;
}

/** `from x import a, b` of all modules, once each. */
function mergedImports(modules) {
  const plain = new Set();
  const named = new Map();
  for (const line of modules.flatMap(({ imports }) => imports)) {
    const [, from, names = ""] = /^from (\S+) import (.*)$/.exec(line) ?? [];
    if (from === undefined) plain.add(line);
    else named.set(from, [...(named.get(from) ?? []), ...names.split(", ")]);
  }
  const lines = [...named].map(
    ([from, names]) => `from ${from} import ${[...new Set(names)].sort().join(", ")}`,
  );
  return [...[...plain].sort(), ...lines.sort()];
}

/** The whole file. */
export function singleFile() {
  const modules = inOrder();
  const init = readFileSync(join(PACKAGE, "__init__.py"), "utf8");
  const [head = ""] = readFileSync(join(ROOT, "python/single-file-head.py"), "utf8").split("\n# ---\n");
  const all = /^__all__ = \[[^\]]*\]$/m.exec(init)?.[0] ?? "";
  const parts = modules.map(({ what, body }) => `# --- ${what} ${"-".repeat(113 - what.length)}\n\n${body}`);
  const start = [head.trim(), "from __future__ import annotations", mergedImports(modules).join("\n"), all];
  return `${[start.join("\n\n"), ...parts].join("\n\n\n")}\n`;
}

/** Writes it where it is not as it should be. */
export function writeSingleFile() {
  const wanted = singleFile();
  try {
    if (readFileSync(SINGLE_FILE, "utf8") === wanted) return;
  } catch {
    // There is none yet.
  }
  // Several may write it at once, and others read it.
  writeFileSync(`${SINGLE_FILE}.${pid}`, wanted);
  renameSync(`${SINGLE_FILE}.${pid}`, SINGLE_FILE);
}

if (argv[1] === fileURLToPath(import.meta.url)) writeSingleFile();
