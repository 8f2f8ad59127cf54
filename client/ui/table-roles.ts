/** Roles of a table whose cells are laid out as a grid, and anew for each width: no table element can do that. */
export const table = (name: string) => ({ role: "table", "aria-label": name }) as const;
export const group = (name: string) => ({ role: "rowgroup", "aria-label": name }) as const;
export const ROW = { role: "row" } as const;
export const HEAD = { role: "columnheader" } as const;
/** The head of the rows after it, over so many columns. */
export const rowsHead = (columns: number) => ({ role: "rowheader", "aria-colspan": columns }) as const;
export const CELL = { role: "cell" } as const;
