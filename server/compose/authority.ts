import { randomBytes } from "node:crypto";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import { ownName } from "../binding/own-name.ts";
import type { Options } from "../config/options.ts";
import { type Admit, createAdmit } from "../gateway/admit.ts";
import { proofOf } from "../gateway/signature.ts";

/**
 * Who may see and who may act, and the token that is needed for it.
 * @param place `mounted`: on a host's server, which may be bound to anything; `url`: where this machine finds it
 */
export function composeAuthority(
  options: Pick<
    Options,
    "host" | "token" | "allowOrigin" | "redisUrl" | "groupSecret" | "hostName" | "address"
  >,
  { mounted, url }: { mounted: boolean; url: string | null },
): { admit: Admit; token: string | null; prove: ActsOn["prove"] } {
  const { host, token: given, allowOrigin, redisUrl, groupSecret: secret } = options;
  const group =
    redisUrl === undefined || secret === undefined ? null : { secret, host: ownName(options, url).id };
  const loopbackOnly = !mounted && isLoopbackHost(host === "::1" ? "[::1]" : host);
  const made = loopbackOnly || mounted ? null : randomBytes(18).toString("base64url");
  const token = given ?? made;
  return {
    admit: createAdmit({ allowOrigin, token, loopbackOnly, group }),
    token,
    prove: (port, nonce) => (token === null ? null : proofOf(token, port, nonce)),
  };
}
