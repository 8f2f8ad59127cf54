import { fileURLToPath } from "node:url";
import type { FakeBehaviour, FakeScript } from "./fake-nvidia-smi.ts";

const FIELDS = fileURLToPath(new URL("../fixtures/nvidia-smi/fields", import.meta.url));

/**
 * The script as the fake reads it; `fixtures/nvidia-smi/light/main.c` says what the lines mean.
 * @param fields folder of the files of field names, as the fake sees it
 */
export function scriptText(script: FakeScript, fields = FIELDS): string {
  const lines = [
    ["driver", script.driver],
    ...(typeof script.fields === "string"
      ? [["fields", `${fields}/fields-${script.fields}.txt`]]
      : script.fields.map((name) => ["field", name])),
    ...(script.helpFails ? [["help-fails"]] : []),
    ...(script.chunking === "bytes" ? [["bytes"]] : []),
    ...(script.holdRows ? [["hold-rows"]] : []),
    ...behaviourLines("gpu", script.behaviour),
    ...behaviourLines("apps", script.computeAppsBehaviour),
    ...script.gpus.flatMap((gpu) => [["gpu"], ...values(gpu)]),
    ...Object.entries(script.linesAfterGpu).flatMap(([index, raw]) =>
      raw.map((line) => ["after", index, line]),
    ),
    ...script.processes.flatMap(({ used_memory, ...rest }) => [
      ["process"],
      ...values({ ...rest, used_gpu_memory: used_memory }),
    ]),
  ];
  return lines.map((columns) => `${columns.join("\t")}\n`).join("");
}

/** Figures apart from words: only a figure of a power is rounded. */
function values(of: Readonly<Record<string, number | string>>): string[][] {
  return Object.entries(of).map(([name, value]) => [
    typeof value === "number" ? "number" : "text",
    name,
    String(value),
  ]);
}

function behaviourLines(whose: "gpu" | "apps", behaviour: FakeBehaviour): string[][] {
  if (behaviour.kind === "ok") return [];
  const code =
    behaviour.kind === "sentence" ? behaviour.exitCode : behaviour.kind === "exit" ? behaviour.code : 0;
  const said = "text" in behaviour ? behaviour.text.replace(/\n$/, "").split("\n") : [];
  return [
    [`${whose}-does`, behaviour.kind, String(code)],
    ...said.map((line) => [`${whose}-says`, "-", line]),
  ];
}
