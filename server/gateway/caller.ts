import type { IncomingMessage } from "node:http";
import { isLoopbackHost, isLoopbackOrigin } from "../../shared/protocol/origins.ts";
import { addressKey } from "../lib/address-key.ts";

/** Who asks. */
export interface Caller {
  /** The connection's own address, never what a header claims. */
  address: string | undefined;
  /** A program or page on this very machine, through no proxy that can be told. */
  isDirect: boolean;
}

/** Headers that proxies, tunnels and delivery networks add. A caller that adds one itself only loses rights. */
const ADDED_BY_PROXIES =
  /^(?:forwarded|via|x-forwarded(?:-.+)?|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.+|x-envoy-.+|x-proxy-.+|true-client-ip|cf-.+|fly-.+|tailscale-.+)$/;

/**
 * A proxy on this machine makes everybody's address a loopback one. So a caller is direct only when it comes from
 * loopback without a proxy's header, not in HTTP/1.0 (which nginx speaks unless told otherwise, and no browser does),
 * and not from a page of another machine. A proxy that hides all of this is not noticed: it needs `--token`.
 */
export function callerOf({ headers, httpVersion, socket }: IncomingMessage): Caller {
  const address = socket.remoteAddress;
  return {
    address,
    isDirect:
      isLoopbackAddress(address) &&
      httpVersion !== "1.0" &&
      !Object.keys(headers).some((name) => ADDED_BY_PROXIES.test(name)) &&
      (headers.origin === undefined || isLoopbackOrigin(headers.origin)),
  };
}

function isLoopbackAddress(address: string | undefined): boolean {
  return isLoopbackHost(addressKey(address));
}
