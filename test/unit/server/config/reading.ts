import { readOptions } from "../../../../server/config/read-options.ts";

export type Input = Parameters<typeof readOptions>;
export const noFile: Input[2] = () => null;
export const file = (content: unknown) => () => JSON.stringify(content);
export function optionsOf(...parameters: Input) {
  const result = readOptions(...parameters);
  if (result.kind !== "options") throw new Error(JSON.stringify(result));
  return result.options;
}
export function errorsOf(...parameters: Input): string {
  const result = readOptions(...parameters);
  return result.kind === "errors" ? result.errors.join("\n") : `no errors but ${JSON.stringify(result)}`;
}
export const hook = { kind: "http", url: "http://file.example/unload" };
