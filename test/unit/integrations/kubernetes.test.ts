import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { FLAGS, variableOf } from "../../../server/config/options.ts";
import { readOptions } from "../../../server/config/read-options.ts";

const text = readFileSync(
  new URL("../../../integrations/kubernetes/gpu-panel.yaml", import.meta.url),
  "utf8",
);
const container = v.object({
  image: v.string(),
  args: v.optional(v.array(v.string()), []),
  env: v.optional(v.array(v.object({ name: v.string(), value: v.optional(v.string()) })), []),
  ports: v.array(v.object({ containerPort: v.number() })),
  readinessProbe: v.optional(v.object({ httpGet: v.object({ path: v.string(), port: v.number() }) })),
});
const labels = v.record(v.string(), v.string());
const workload = v.object({
  kind: v.picklist(["DaemonSet", "Deployment"]),
  metadata: v.object({ name: v.string(), namespace: v.literal("gpu-panel") }),
  spec: v.object({
    selector: v.object({ matchLabels: labels }),
    template: v.object({
      metadata: v.object({ labels }),
      spec: v.object({ containers: v.tuple([container]) }),
    }),
  }),
});
const service = v.object({
  kind: v.literal("Service"),
  metadata: v.object({ name: v.string(), namespace: v.literal("gpu-panel") }),
  spec: v.object({ selector: labels, ports: v.array(v.object({ port: v.number() })) }),
});

const documents = parseAllDocuments(text).map((one) => {
  expect("errors" in one ? one.errors : []).toEqual([]);
  return v.parse(v.variant("kind", [workload, service]), one.toJS());
});
const workloads = documents.flatMap((one) => (one.kind === "Service" ? [] : [one]));
const panels = workloads.flatMap(({ metadata: { name }, spec }) => {
  const [of] = spec.template.spec.containers;
  return of.image === "gpu-status-panel" ? [{ name, ...of }] : [];
});

test.each(panels)("what $name is set to is what the panel takes", ({ args, env, ports, readinessProbe }) => {
  const own = env.filter(({ name }) => name.startsWith("GPU_PANEL_"));
  const known = FLAGS.map(({ flag }) => variableOf(flag));
  expect(own.filter(({ name }) => !known.includes(name))).toEqual([]);
  // What comes from the cluster stands for itself: a secret, a node's name, a pod's address.
  const surroundings = own.map(({ name, value }) => [
    name,
    value?.replace("$(POD_IP)", "10.0.0.7") ?? "of-the-cluster-itself",
  ]);
  const image = { GPU_PANEL_HOST: "0.0.0.0", GPU_PANEL_DATA_DIR: "/data" };
  const read = readOptions(args, { ...image, ...Object.fromEntries(surroundings) }, () => null);
  expect(read).toMatchObject({
    kind: "options",
    options: { group: "cluster", port: ports[0]?.containerPort },
  });
  expect(readinessProbe?.httpGet).toEqual({ path: "/healthz", port: ports[0]?.containerPort });
});

test("one panel a node, one without GPUs, and each service leads to the pods of one of them", () => {
  expect(panels.map(({ name, args }) => [name, args])).toEqual([
    ["gpu-panel", []],
    ["gpu-panel-all", ["--source", "none"]],
  ]);
  const pods = workloads.map(({ spec }) => spec.template.metadata.labels);
  for (const { spec } of workloads) expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
  const services = documents.flatMap((one) => (one.kind === "Service" ? [one] : []));
  for (const { spec } of services) expect(pods).toContainEqual(spec.selector);
  const redis = services.find(({ metadata }) => metadata.name === "gpu-panel-redis");
  for (const { env } of panels)
    expect(env).toContainEqual({
      name: "GPU_PANEL_REDIS_URL",
      value: `redis://${redis?.metadata.name}:${redis?.spec.ports[0]?.port}`,
    });
});
