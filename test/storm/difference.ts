const TOLERANCE = 1e-4;

/** Where two values differ, as a path and both of them; undefined if they are the same but for rounding. */
export function difference(found: unknown, expected: unknown, path = ''): string | undefined {
  if (typeof found === 'number' && typeof expected === 'number') {
    const same = Object.is(found, expected) || Math.abs(found - expected) <= TOLERANCE * (1 + Math.abs(expected));
    return same ? undefined : `${path}: ${found}, not ${expected}`;
  }
  if (isList(found) && isList(expected)) {
    if (found.length !== expected.length) return `${path}: ${found.length} parts, not ${expected.length}`;
    for (let i = 0; i < expected.length; i++) {
      const inside = difference(found[i], expected[i], `${path}[${i}]`);
      if (inside !== undefined) return inside;
    }
    return undefined;
  }
  if (isRecord(found) && isRecord(expected)) {
    for (const key of new Set([...Object.keys(found), ...Object.keys(expected)])) {
      const inside = difference(found[key], expected[key], `${path}.${key}`);
      if (inside !== undefined) return inside;
    }
    return undefined;
  }
  return found === expected ? undefined : `${path}: ${String(found)}, not ${String(expected)}`;
}

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || ArrayBuffer.isView(value);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
