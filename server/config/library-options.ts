import * as v from "valibot";
import { type Options, optionsSchema } from "./options.ts";
import { contradictions } from "./read-options.ts";

const { host: _host, port: _port, open: _open, basePath, ...shared } = optionsSchema.entries;

/** Settings of a panel on a host's server: those of the config file, but for what is the host's to say. */
export const libraryOptionsSchema = v.strictObject({
  ...shared,
  basePath: v.pipe(
    v.optional(basePath.wrapped, "/gpu/"),
    v.check((path) => path !== "/", "a path of its own such as /gpu/, or every request would be the panel's"),
  ),
});
export type LibrarySettings = v.InferInput<typeof libraryOptionsSchema>;

/** What `createSidecar` was given, checked. @throws {TypeError} that names each fault */
export function checkLibraryOptions(settings: unknown): Options {
  const parsed = v.safeParse(libraryOptionsSchema, settings);
  const faults = parsed.success
    ? contradictions(optionsOf(parsed.output), (key) => key)
    : parsed.issues.map((issue) => {
        const place = v.getDotPath(issue) ?? "options";
        return issue.expected === "never"
          ? `${place}: there is no such setting`
          : `${place}: ${issue.message}`;
      });
  if (!parsed.success || faults.length > 0) throw new TypeError(`createSidecar: ${faults.join("; ")}`);
  return optionsOf(parsed.output);
}

/** The host's address is not the panel's to know. */
function optionsOf(settings: v.InferOutput<typeof libraryOptionsSchema>): Options {
  return { ...settings, host: "127.0.0.1", port: 0, open: false };
}
