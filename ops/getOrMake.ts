/** Maps that are filled as they are asked. */

interface Filled<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** Returns what a map has for a key: made the first time, and kept. */
export function getOrMake<K, V>(map: Filled<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
