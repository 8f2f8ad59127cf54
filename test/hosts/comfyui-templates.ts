import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { PYTHON } from "./comfyui-server.ts";

/** A workflow as ComfyUI's own package of templates has it. */
export interface Template {
  name: string;
  workflow: unknown;
}

/** Version of the installed `comfyui-workflow-templates-json`, and its workflows; `null`: it is not installed. */
export function readTemplates(): { version: string; templates: Template[] } | null {
  const told = ["-c", SAY_WHERE];
  let said: string;
  try {
    said = execFileSync(PYTHON, told, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
  const [version = "", folder = ""] = said.trim().split("\n");
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const templates = names.flatMap((name) => {
    const workflow: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
    return v.is(v.looseObject({ nodes: v.array(v.unknown()) }), workflow) ? [{ name, workflow }] : [];
  });
  return { version, templates };
}
const SAY_WHERE = `
import comfyui_workflow_templates_json as it, importlib.metadata as of, pathlib
print(of.version("comfyui-workflow-templates-json"))
print(pathlib.Path(it.__file__).parent / "templates")
`;

export const promptSchema = v.record(v.string(), v.record(v.string(), v.unknown()));
export type Prompt = v.InferOutput<typeof promptSchema>;

/** What ComfyUI's page would send for Run, by its own code; nothing is drawn meanwhile. */
export async function toPrompt(page: Page, { workflow }: Template): Promise<Prompt> {
  // A text, for what vitest makes of an import or a name of the page's is not there in the page.
  const told: unknown = await page.evaluate(`(async (graph) => {
    app.canvas.pause_rendering = true;
    const quiet = { showMissingNodesDialog: false, showMissingModelsDialog: false };
    await app.loadGraphData(graph, true, false, null, quiet);
    return (await app.graphToPrompt()).output;
  })(${JSON.stringify(workflow)})`);
  return v.parse(promptSchema, told);
}

/** Every model that a workflow names with a folder, also in its subgraphs. */
export function modelsOf(workflow: unknown): { name: string; directory: string }[] {
  if (Array.isArray(workflow)) return workflow.flatMap(modelsOf);
  if (!v.is(v.record(v.string(), v.unknown()), workflow)) return [];
  const { name, directory } = workflow;
  const own = typeof name === "string" && typeof directory === "string" ? [{ name, directory }] : [];
  return [...own, ...Object.values(workflow).flatMap(modelsOf)];
}

/**
 * Stands in for a downloaded model: a safetensors file whose header is right and whose weights are a hole. Which precision the
 * real file has is not known here: it says bf16.
 */
export function writeModel(file: string): void {
  if (!file.endsWith(".safetensors") || existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  const bytes = 64 * 1024 * 1024;
  const header = Buffer.from(
    JSON.stringify({ w: { dtype: "BF16", shape: [bytes / 2], data_offsets: [0, bytes] } }),
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([size, header]));
  truncateSync(file, 8 + header.length + bytes);
}

/** Names of the pictures that a prompt loads from ComfyUI's input folder. */
export const picturesOf = (prompt: Prompt) => filesOf(prompt, "image", /^[^/[\]]+\.(?:png|jpe?g|webp)$/i);
export const filmsOf = (prompt: Prompt) => filesOf(prompt, "file", /^[^/[\]]+\.(?:mp4|webm|mov|mkv)$/i);

function filesOf(prompt: Prompt, name: string, pattern: RegExp): string[] {
  return Object.values(prompt).flatMap(({ inputs }) => {
    const given = v.is(v.record(v.string(), v.unknown()), inputs) ? inputs[name] : undefined;
    return typeof given === "string" && pattern.test(given) ? [given] : [];
  });
}

/** Stands in for a picture that comes with a template: a header that says 1024 × 1024 (of a BMP, whatever the name says). */
export function writePicture(file: string): void {
  if (existsSync(file)) return;
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(1024, 18);
  header.writeInt32LE(1024, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  writeFileSync(file, header);
  truncateSync(file, 54 + 1024 * 1024 * 3);
}

/** Stand in for films that come with templates: four seconds of 640 × 360, written by what ComfyUI itself reads films with. */
export function writeFilms(folder: string, names: readonly string[]): void {
  if (names.length === 0) return;
  const [first = "", ...others] = [...new Set(names)].map((name) => join(folder, name));
  execFileSync(PYTHON, ["-c", WRITE_FILM, first]);
  for (const other of others) copyFileSync(first, other);
}
const WRITE_FILM = `
import av, sys
with av.open(sys.argv[1], "w", format="mp4") as file:
    stream = file.add_stream("mpeg4", rate=24)
    stream.width, stream.height = 640, 360
    for _ in range(97):
        for packet in stream.encode(av.VideoFrame(640, 360, "yuv420p")):
            file.mux(packet)
    for packet in stream.encode():
        file.mux(packet)
`;
