import { libsqlEngine } from "./libsql-engine.ts";
import { nodeEngine } from "./node-engine.ts";
import type { Engine } from "./sql.ts";

/** Node's own where it has one, else the package; `null`: everything is kept in memory only. */
export const engine: Engine | null = nodeEngine() ?? libsqlEngine();
