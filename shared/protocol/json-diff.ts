/** What JSON can hold. A key that is `undefined` counts as missing. */
export type Json = null | boolean | number | string | readonly Json[] | JsonRecord;
export type JsonRecord = { readonly [key: string]: Json | undefined };

/**
 * What changed between two values: `[value]` in place of the old one, `[]` where a key is gone, else an object with the
 * difference of each key or position that changed. {@link ORDER} tells where the items of a list come from.
 */
export type Difference = readonly [] | readonly [Json] | { readonly [key: string]: Difference };

/** Pairs of numbers: so many items from this position of the old list on, or new ones where the position is −1. */
const ORDER = "#";
const NEW = -1;
const GONE: Difference = [];

/** What changed from one value to the other; `undefined`: nothing. Pure. */
export function difference(before: Json | undefined, after: Json | undefined): Difference | undefined {
  if (before === after) return undefined;
  if (after === undefined) return GONE;
  const change = changeWithin(before, after);
  if (change === "other") return [after];
  if (change === undefined) return undefined;
  // Where nearly all has changed, the whole is shorter than its differences.
  return sizeOf(change) < sizeOf([after]) ? change : [after];
}

function changeWithin(before: Json | undefined, after: Json): Difference | undefined | "other" {
  if (isList(before) && isList(after)) return listDifference(before, after);
  if (isRecord(before) && isRecord(after)) return recordDifference(before, after);
  return "other";
}

function recordDifference(before: JsonRecord, after: JsonRecord): Difference | undefined {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return ofParts([...keys].map((key) => [key, difference(before[key], after[key])]));
}

function listDifference(before: readonly Json[], after: readonly Json[]): Difference | undefined {
  const places = new Map(before.map((item, i) => [keyOf(item, i), i]));
  const sources = after.map((item, i) => places.get(keyOf(item, i)) ?? NEW);
  const stays = before.length === after.length && sources.every((source, i) => source === i);
  const order: [string, Difference | undefined] = [ORDER, stays ? undefined : [stretches(sources)]];
  const items = after.map((item, i): [string, Difference | undefined] => [
    String(i),
    difference(before[sources[i] ?? NEW], item),
  ]);
  return ofParts([order, ...items]);
}

/** What an item is recognized by when the list moves. */
function keyOf(item: Json, position: number): string | number {
  if (isRecord(item) && typeof item.id === "string") return item.id;
  return position;
}

function stretches(sources: readonly number[]): number[] {
  const pairs: number[] = [];
  sources.forEach((source, i) => {
    const last = sources[i - 1];
    const goesOn =
      last !== undefined && (source === NEW ? last === NEW : last !== NEW && source === last + 1);
    if (goesOn) pairs[pairs.length - 1] = (pairs.at(-1) ?? 0) + 1;
    else pairs.push(source, 1);
  });
  return pairs;
}

function ofParts(parts: readonly (readonly [string, Difference | undefined])[]): Difference | undefined {
  const changed = parts.flatMap(([key, part]) => (part === undefined ? [] : [[key, part] as const]));
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** The old value with a difference applied. Parts without a difference stay the same objects. Pure. */
export function patched(before: Json | undefined, change: Difference): Json | undefined {
  if (isReplacement(change)) return change[0];
  if (isList(before)) return patchedList(before, change);
  const old = isRecord(before) ? before : {};
  const entries = Object.entries(change).map(([key, part]) => [key, patched(old[key], part)] as const);
  return Object.fromEntries(
    Object.entries({ ...old, ...Object.fromEntries(entries) }).filter(([, value]) => value !== undefined),
  );
}

function patchedList(before: readonly Json[], change: { readonly [key: string]: Difference }): Json[] {
  const next: (Json | undefined)[] = sourcesOf(before, change[ORDER]).map((source) => before[source]);
  for (const [key, part] of Object.entries(change)) {
    const position = Number(key);
    if (key !== ORDER && position < next.length) next[position] = patched(next[position], part);
  }
  return next.map((item) => item ?? null);
}

function sourcesOf(before: readonly Json[], order: Difference | undefined): number[] {
  if (order === undefined) return before.map((_, i) => i);
  const pairs = isReplacement(order) && isList(order[0]) ? order[0] : [];
  const sources: number[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const [from, count] = [Number(pairs[i]), Number(pairs[i + 1])];
    // What no sidecar sends must not fill a viewer's memory.
    const most = from === NEW ? MOST_NEW : before.length;
    for (let k = 0; k < Math.min(count, most); k++) sources.push(from === NEW ? NEW : from + k);
  }
  return sources;
}
const MOST_NEW = 10_000;

const sizeOf = (value: unknown): number => JSON.stringify(value).length;
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isReplacement = (change: Difference): change is readonly [] | readonly [Json] => Array.isArray(change);
const isRecord = (value: Json | undefined): value is JsonRecord =>
  typeof value === "object" && value !== null && !isList(value);
