/**
 * Cells of one line of a CSV file, blanks around them taken off; `null` when a quote is not closed. One line at a time:
 * a quote that a killed writer left open must cost its own line and not all that follow. A quoted cell is as RFC 4180
 * says; neither nvidia-smi nor our log breaks lines within cells. Pure.
 */
export function splitCells(line: string): string[] | null {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/y;
  while (cell.lastIndex <= line.length) {
    const match = cell.exec(line);
    if (match === null) return null;
    const [, quoted, plain = "", end] = match;
    cells.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end === "") return cells;
  }
  return cells;
}

/** A name as it was: our log puts an apostrophe before what a spreadsheet would take for a formula. Pure. */
export const nameIn = (cell: string): string => cell.replace(/^'(?=['=+\-@\t])/, "");
