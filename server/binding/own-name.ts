import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Options } from "../config/options.ts";
import { networkUrls } from "./network-urls.ts";

/** What the hosts of a group call this one, and where they find it. */
export interface OwnName {
  id: string;
  name: string;
  /** Empty: on a host's server, which alone knows. */
  address: string;
}

/** @param url where this machine finds the panel; `null`: on a host's server */
export function ownName(
  { hostName, address: given, host }: Pick<Options, "hostName" | "address" | "host">,
  url: string | null,
): OwnName {
  const name = hostName ?? hostname();
  const address = given ?? (url === null ? "" : (networkUrls(url, host)[0] ?? url));
  // Two on one machine have one name, and two machines may: where they are found tells them apart.
  const digest = createHash("sha256").update(`${name}\n${address}`).digest("hex").slice(0, 6);
  return { id: `${name.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${digest}`, name, address };
}
