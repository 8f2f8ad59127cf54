import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import { urlOf } from "../binding/who-has-port.ts";
import { dataFolder } from "../config/data-folder.ts";
import type { Options } from "../config/options.ts";
import { readOptions } from "../config/read-options.ts";
import type { FlagValues, Surroundings } from "./define-command.ts";
import { createPanelClient, type PanelClient } from "./panel-client.ts";

/** Flags that are settings of the sidecar as well. */
const SETTINGS = ["host", "port", "base-path", "token", "config"];

type Connected =
  | { ok: true; panel: PanelClient; options: Options }
  | { ok: false; errors: readonly string[] };

/** The panel that is meant, by flags, environment and config file; nothing is asked of it yet. */
export function connectTo(values: FlagValues, { env, readText }: Surroundings): Connected {
  const args = SETTINGS.flatMap((name) => {
    const value = values[name];
    return typeof value === "string" ? [`--${name}`, value] : [];
  });
  const read = readOptions(args, env, readText);
  if (read.kind !== "options") return { ok: false, errors: read.kind === "errors" ? read.errors : [] };
  const { options } = read;
  const given = typeof values.url === "string" ? values.url : env.GPU_PANEL_URL || undefined;
  const text = given ?? urlOf(options.host, options.port, options.basePath);
  const url = addressOf(text);
  if (url === null)
    return { ok: false, errors: [`--url: ${text} is no address of a panel, such as http://127.0.0.1:7870/`] };
  const token = options.token ?? (isLoopbackHost(url.hostname) ? tokenOfMount(url, options, env) : null);
  return { ok: true, options, panel: createPanelClient({ url, token }) };
}

function addressOf(text: string): URL | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  // What the terminal shows may end in the token; a link to a page of the panel is meant as the panel.
  url.hash = "";
  url.search = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** The token of a sidecar that `mount()` of this user has started; a file that others could read is not trusted. */
function tokenOfMount(url: URL, { dataDir }: Options, env: NodeJS.ProcessEnv): string | null {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const file = join(dataDir ?? dataFolder(env), `mount-${port}.token`);
  try {
    if (process.getuid !== undefined) {
      const { uid, mode } = statSync(file);
      if (uid !== process.getuid() || (mode & 0o077) !== 0) return null;
    }
    return readFileSync(file, "ascii").trim() || null;
  } catch {
    return null;
  }
}
