import { ROW, table } from "../../ui/table-roles.ts";

/** A row of a table of which not all are drawn: which one it is, the head's being the first. */
export const rowAt = (index: number) => ({ ...ROW, "aria-rowindex": index }) as const;

/** A table of so many rows, its head among them, of which not all are drawn. */
export const tableOf = (name: string, rows: number) => ({ ...table(name), "aria-rowcount": rows }) as const;
