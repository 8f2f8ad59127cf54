import * as v from "valibot";
import { expect, test } from "vitest";

const { isQuiet } = v.parse(
  v.object({ isQuiet: v.function() }),
  await import(new URL("../../../integrations/comfyui/web/quiet.js", import.meta.url).href),
);

test.for([
  ["plain values", [{ type: "KSampler", widgets: [{ name: "seed" }, { serializeValue: () => 1 }] }], true],
  ["a recorder that complains", [{ type: "RecordAudio" }], false],
  ["one that is left out", [{ type: "RecordAudio", mode: 4 }], true],
  ["a scene in a subgraph", [{ type: "x", subgraph: { nodes: [{ type: "Load3D" }] } }], false],
  ["a custom upload", [{ type: "Sketch", widgets: [{ serializeValue: async () => "a.png" }] }], false],
  ["a preview", [{ type: "Preview3D", widgets: [{ serializeValue: async () => "" }] }], true],
] as const)(
  "HOST-7 nodes that do something when the workflow is read are not read before Run: %s",
  ([, nodes, isRead]) => {
    expect(isQuiet(nodes)).toBe(isRead);
  },
);
