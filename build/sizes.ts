import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Sizes of one build, gzipped bytes. `size-budget.json` holds the most that each may be. */
export interface BuildSizes {
  /** What has to arrive before the compact view shows its first figure: page or entry, what it imports, the longer language. */
  first: number;
  /** What a chart brings, after the first figures. */
  charts: number;
  /** Every file, also those that no page loads together; less what stands in a line of its own. */
  all: number;
  /** The client of Redis, which the sidecar loads only where a group is asked for. */
  redis: number;
  /** What the command line alone loads. */
  cli: number;
  /** What is loaded for agents alone (MCP): nobody loads it before one asks. */
  mcp: number;
  /** What goes through the record of decisions again, which is loaded when what-if is asked for. */
  whatIf: number;
}
/** A build that is not shown in a browser has no first figure. */
export type Budget = Readonly<Record<string, Partial<BuildSizes>>>;

const SIZES_FOLDER = ".cache/sizes";

/** Prints what the build weighs beside its budget and keeps the figures for the test that holds them to it. */
export function reportSizes(mode: string, firstEntry: string): Plugin {
  return {
    name: "report-sizes",
    apply: "build",
    async writeBundle(_, bundle) {
      const sizes = sizesOf(bundle, firstEntry);
      await mkdir(SIZES_FOLDER, { recursive: true });
      await writeFile(join(SIZES_FOLDER, `${mode}.json`), `${JSON.stringify(sizes)}\n`);
      const budget = (JSON.parse(await readFile("size-budget.json", "utf8")) as Budget)[mode] ?? {};
      const lines = Object.entries(budget).map(([name, most]) => {
        const size = sizes[name as keyof BuildSizes];
        return `${name} ${kB(size)} of ${kB(most)}${size > most ? " OVER BUDGET" : ""}`;
      });
      process.stdout.write(`${mode}, gzipped kB: ${lines.join(", ")}\n`);
    },
  };
}

const kB = (bytes: number) => (bytes / 1000).toFixed(1);

function sizesOf(bundle: Rolldown.OutputBundle, firstEntry: string): BuildSizes {
  const shipped = Object.values(bundle).filter(({ fileName }) => !fileName.endsWith(".md"));
  const sizes = new Map(shipped.map((file) => [file.fileName, gzipped(file)]));
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const sum = (names: Iterable<string>) =>
    [...names].reduce((total, name) => total + (sizes.get(name) ?? 0), 0);
  const html = Object.values(bundle).filter(({ fileName }) => fileName.endsWith(".html"));
  const page = html.map((file) => (file.type === "asset" ? String(file.source) : "")).join("");
  const first = new Set(html.map(({ fileName }) => fileName));
  for (const chunk of chunks) {
    const begins = page === "" ? chunk.isEntry && chunk.name === firstEntry : page.includes(chunk.fileName);
    if (begins) withImports(chunk, bundle, first);
  }
  const added = (pattern: RegExp) =>
    chunks
      .filter(({ facadeModuleId }) => pattern.test(facadeModuleId ?? ""))
      .map((chunk) => sum([...withImports(chunk, bundle)].filter((name) => !first.has(name))));
  const redis = sum(aloneFor(/\/server\/group\/redis-client\.ts$/, chunks, bundle));
  const mcpFiles = aloneFor(
    /\/server\/(?:mcp\/serve-mcp|cli\/mcp)\.ts$|\/@modelcontextprotocol\//,
    chunks,
    bundle,
  );
  const mcp = sum(mcpFiles);
  const cli = sum(
    [...aloneFor(/\/server\/cli\/cli\.ts$/, chunks, bundle)].filter((name) => !mcpFiles.has(name)),
  );
  const whatIf = sum(aloneFor(/\/server\/what-if\/what-if\.ts$/, chunks, bundle));
  return {
    first: sum(first) + Math.max(0, ...added(/\/i18n\/(?:en|zh-cn)\.ts$/)),
    charts: Math.max(0, ...added(/\/TimelineChart\.tsx$/)),
    all: sum(sizes.keys()) - cli - redis - mcp - whatIf,
    mcp,
    redis,
    cli,
    whatIf,
  };
}

/** Chunks that are loaded for one part and for nothing else. */
function aloneFor(part: RegExp, chunks: readonly Rolldown.OutputChunk[], bundle: Rolldown.OutputBundle) {
  const isPart = ({ moduleIds }: Rolldown.OutputChunk) => moduleIds.some((id) => part.test(id));
  const elsewhere = new Set<string>();
  const reach = (
    chunk: Rolldown.OutputChunk,
    seen: Set<string>,
    mayEnter: (one: Rolldown.OutputChunk) => boolean,
  ) => {
    if (seen.has(chunk.fileName) || !mayEnter(chunk)) return;
    seen.add(chunk.fileName);
    for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
      const next = bundle[name];
      if (next?.type === "chunk") reach(next, seen, mayEnter);
    }
  };
  for (const entry of chunks.filter(({ isEntry }) => isEntry)) reach(entry, elsewhere, (one) => !isPart(one));
  const own = new Set<string>();
  for (const chunk of chunks.filter(isPart)) reach(chunk, own, ({ fileName }) => !elsewhere.has(fileName));
  return own;
}

/** A chunk and all that it imports at once. */
function withImports(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle, seen = new Set<string>()) {
  if (seen.has(chunk.fileName)) return seen;
  seen.add(chunk.fileName);
  for (const name of chunk.imports) {
    const imported = bundle[name];
    if (imported?.type === "chunk") withImports(imported, bundle, seen);
  }
  return seen;
}

function gzipped(file: Rolldown.OutputAsset | Rolldown.OutputChunk): number {
  return gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length;
}
