/** `[N/A]`, `[Not Supported]`, `N/A`, `ERR!`, `[Unknown Error]`, an empty cell …: all mean that nothing is known. */
const UNKNOWN = /^(?:\[.*\]|n\/a|err!?|unknown error|not supported|)$/i;

/** Characters that no name has: those of control, those that turn the writing direction, and what was no UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]+/gu;

/** Text of a cell, or `null` where the driver reports nothing. */
export function parseText(cell: string | undefined): string | null {
  const text = (cell ?? "").replace(UNPRINTABLE, " ").trim();
  return UNKNOWN.test(text) ? null : text;
}

/** A number, with or without a unit behind it (`38500`, `38500 MiB`, `97 %`); anything else is `null`, never 0. */
export function parseNumber(cell: string | undefined): number | null {
  const text = parseText(cell);
  const match = text === null ? null : /^(-?\d+(?:\.\d+)?)(?:\s?[A-Za-z%]+)?$/.exec(text);
  const value = Number(match?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** A figure that cannot be below zero; a negative one is a driver's way of saying that it does not know. */
export function parseFigure(cell: string | undefined): number | null {
  return parseWithin(cell, 0, Number.MAX_SAFE_INTEGER);
}

/** A number within what any GPU can have; anything beyond is unknown. */
export function parseWithin(cell: string | undefined, least: number, most: number): number | null {
  const value = parseNumber(cell);
  return value === null || value < least || value > most ? null : value;
}

/** What a driver prints in the place of a figure of a GPU that it has lost, or that must be reset. */
export function parseTrouble(cells: Iterable<string>): "gpu-lost" | "gpu-needs-reset" | undefined {
  for (const cell of cells) {
    if (/^\[?\s*(?:a )?gpu (?:is lost|has fallen off the bus)/i.test(cell)) return "gpu-lost";
    if (/^\[?\s*(?:a )?gpu (?:requires reset|reset (?:required|must occur))/i.test(cell))
      return "gpu-needs-reset";
  }
  return undefined;
}

/** Bits of `clocks_event_reasons.active` as nvml.h names them; idle (0x1) is no reason for concern and left out. */
const THROTTLE_BITS = [
  [0x2, "applications-clocks"],
  [0x4, "power-cap"],
  [0x8, "hw-slowdown"],
  [0x10, "sync-boost"],
  [0x20, "sw-thermal"],
  [0x40, "hw-thermal"],
  [0x80, "hw-power-brake"],
  [0x100, "display-clocks"],
] as const;

/** Names of the active throttle reasons in a hexadecimal mask, or `null` when the driver reports none. */
export function parseThrottle(cell: string | undefined): string[] | null {
  const text = parseText(cell);
  if (text === null || !/^0x[0-9a-f]{1,16}$/i.test(text)) return null;
  const mask = Number.parseInt(text.slice(2).slice(-8), 16);
  return THROTTLE_BITS.flatMap(([bit, name]) => ((mask & bit) === 0 ? [] : [name]));
}

/** `Enabled` / `Disabled`, or `null`. */
export function parseSwitch(cell: string | undefined): boolean | null {
  const text = parseText(cell)?.toLowerCase();
  return text === "enabled" ? true : text === "disabled" ? false : null;
}
