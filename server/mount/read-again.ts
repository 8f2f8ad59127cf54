import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { HostServer } from "./host-server.ts";

/**
 * Lets the host read a request once more, without its wish to upgrade: HTTP allows a server to pass over it, and a
 * host without WebSockets does. Some clients add `Upgrade: h2c` to everything that they send.
 * @param head what came behind the headers: the beginning of the body
 */
export function readAgain(host: HostServer, request: IncomingMessage, head: unknown): boolean {
  const { method = "GET", url = "/", httpVersion, rawHeaders, socket } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    if (/^(?:upgrade|http2-settings)$/i.test(name)) continue;
    const kept = /^connection$/i.test(name)
      ? value
          .split(",")
          .filter((option) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(option))
          .join(",")
      : value;
    if (kept.trim() !== "" || value === "") lines.push(`${name}: ${kept.trim()}`);
  }
  const body = head instanceof Uint8Array ? head : new Uint8Array();
  // Node reads headers as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]));
  return host.emit(socket instanceof TLSSocket ? "secureConnection" : "connection", socket);
}
