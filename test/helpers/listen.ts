import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Server as NetServer } from "node:net";

/** Listens on a free port of this machine; the port. */
export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

/** Ends a server, kept connections and upgraded ones included. */
export function shut(server: Server | SecureServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}
