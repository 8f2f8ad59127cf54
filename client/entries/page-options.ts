import { readPanelOptions } from "../embedding/panel-options.ts";

/** What the page's address asks for; `null` where it asks for nothing or for what does not exist. */
export function readPageOptions(search: string) {
  const query = new URLSearchParams(search);
  return readPanelOptions((name) => query.get(name));
}

/** The token in the address's fragment, where no server sees it. */
export function readToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}
