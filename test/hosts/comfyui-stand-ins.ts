/**
 * Stand-ins for nodes that templates name and the tested ComfyUI lacks. They are declared from nothing but the templates: a
 * node's inputs and outputs with names and types, its widgets in the order in which its page has written them. They never run.
 */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Template } from "./comfyui-templates.ts";

const NODES = fileURLToPath(new URL("comfyui-stand-ins", import.meta.url));

const named = { name: v.string(), type: v.string() };
const nodeSchema = v.looseObject({
  type: v.string(),
  inputs: v.optional(
    v.array(v.looseObject({ ...named, shape: v.nullish(v.number()), widget: v.nullish(v.unknown()) })),
    [],
  ),
  outputs: v.optional(v.array(v.looseObject(named)), []),
  widgets_values: v.nullish(v.unknown()),
  widgets_values_named: v.nullish(v.record(v.string(), v.unknown())),
});
type TemplateNode = v.InferOutput<typeof nodeSchema>;
const nodesSchema = v.array(nodeSchema);
const workflowSchema = v.looseObject({
  nodes: nodesSchema,
  definitions: v.optional(
    v.looseObject({
      subgraphs: v.optional(v.array(v.looseObject({ id: v.string(), nodes: nodesSchema })), []),
    }),
    {},
  ),
});

/** The nodes of a workflow and of its subgraphs, without those that stand for a subgraph. */
function nodesOf({ workflow }: Template): TemplateNode[] {
  const told = v.safeParse(workflowSchema, workflow);
  if (!told.success) return [];
  const { nodes, definitions } = told.output;
  const subgraphs = definitions.subgraphs ?? [];
  const ids = new Set(subgraphs.map(({ id }) => id));
  return [...nodes, ...subgraphs.flatMap((one) => one.nodes)].filter(({ type }) => !ids.has(type));
}

/** What a node of ComfyUI's first interface says of itself. */
interface Declared {
  inputs: Record<"required" | "optional", Record<string, [string | unknown[], object]>>;
  types: string[];
  names: string[];
}
export type StandIns = ReadonlyMap<string, Declared>;

/** As wide as the page allows, for the templates do not tell the limits: a value is to stay what it is. */
const OPTIONS: Readonly<Record<string, object>> = {
  INT: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  FLOAT: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, step: 0.001 },
  STRING: { multiline: true },
  BOOLEAN: {},
};
/** What the page adds behind a seed. */
const AFTER_SEED = /^control_after_generate(?:#\d+)?$/;

/**
 * @param known the classes that the page has
 * @returns the others that templates describe wholly: each widget with its name and type; and how many are not so
 */
export function standInsFor(templates: readonly Template[], known: ReadonlySet<string>) {
  const byClass = new Map<string, TemplateNode[]>();
  for (const node of templates.flatMap(nodesOf))
    byClass.set(node.type, [...(byClass.get(node.type) ?? []), node]);
  const standIns = new Map<string, Declared>();
  let left = 0;
  for (const [name, nodes] of byClass) {
    if (known.has(name)) continue;
    const declared = declare(nodes);
    if (declared === null) left += 1;
    else standIns.set(name, declared);
  }
  return { standIns, left };
}

function declare(nodes: readonly TemplateNode[]): Declared | null {
  const inputs: Declared["inputs"] = { required: {}, optional: {} };
  const slots = nodes.flatMap((node) => node.inputs);
  for (const values of nodes.map(widgetsOf)) {
    if (values === null) return null;
    const names = Object.keys(values);
    for (const [at, name] of names.entries()) {
      if (AFTER_SEED.test(name)) continue;
      const slot = slots.find((one) => one.name === name && one.widget);
      const seen = nodes.flatMap((node) => node.widgets_values_named?.[name] ?? []);
      const type = slot?.type === "COMBO" ? [...new Set(seen)] : slot?.type;
      const options = slot?.type === "COMBO" ? {} : OPTIONS[slot?.type ?? ""];
      if (type === undefined || options === undefined) return null;
      const seed = AFTER_SEED.test(names[at + 1] ?? "") ? { control_after_generate: true } : {};
      inputs.required[name] = [type, { ...options, ...seed }];
    }
  }
  for (const { name, type, shape, widget } of slots)
    if (!widget) inputs[shape === OPTIONAL ? "optional" : "required"][name] ??= [type, {}];
  const outputs = nodes.map((node) => node.outputs).reduce((a, b) => (b.length > a.length ? b : a), []);
  return { inputs, types: outputs.map(({ type }) => type), names: outputs.map(({ name }) => name) };
}
/** The shape in which LiteGraph draws an input that may be left open. */
const OPTIONAL = 7;

/** A node's values by the names of its widgets; `null`: the template has only a list, which does not say whose each is. */
function widgetsOf(node: TemplateNode): Record<string, unknown> | null {
  if (node.widgets_values_named) return node.widgets_values_named;
  const { widgets_values: values } = node;
  return values === undefined || values === null || (Array.isArray(values) && values.length === 0)
    ? {}
    : null;
}

/** Whether a template has a node for which one stands in. */
export const namesOne = (standIns: StandIns, template: Template) =>
  nodesOf(template).some(({ type }) => standIns.has(type));

/** Puts them into ComfyUI's base folder, before it starts. */
export function writeStandIns(folder: string, standIns: StandIns): void {
  const to = join(folder, "custom_nodes/stand-ins");
  cpSync(NODES, to, { recursive: true });
  writeFileSync(join(to, "stand-ins.json"), JSON.stringify(Object.fromEntries(standIns)));
}
