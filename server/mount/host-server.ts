import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";

/** A Node server that answers HTTP, with or without TLS. */
export type HostServer = Server | SecureServer;
