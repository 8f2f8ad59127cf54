import { randomBytes } from "node:crypto";
import { isLoopbackHost } from "../../shared/protocol/origins.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import type { Options } from "../config/options.ts";
import { type Admit, createAdmit } from "../gateway/admit.ts";
import { proofOf } from "../gateway/signature.ts";

/**
 * Who may see and who may act, and the token that is needed for it.
 * @param mounted on a host's server, which may be bound to anything
 */
export function composeAuthority(
  { host, token: given, allowOrigin }: Pick<Options, "host" | "token" | "allowOrigin">,
  mounted: boolean,
): { admit: Admit; token: string | null; prove: ActsOn["prove"] } {
  const loopbackOnly = !mounted && isLoopbackHost(host === "::1" ? "[::1]" : host);
  const made = loopbackOnly || mounted ? null : randomBytes(18).toString("base64url");
  const token = given ?? made;
  return {
    admit: createAdmit({ allowOrigin, token, loopbackOnly }),
    token,
    prove: (port, nonce) => (token === null ? null : proofOf(token, port, nonce)),
  };
}
