const REMEMBERED = 50;

/** Adds to a map and lets go of its oldest entries. */
export function remember<T>(map: Map<string, T>, key: string, value: T) {
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
