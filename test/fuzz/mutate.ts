/** Ways to damage a file, drawn from a seeded generator, so that a number names a damaged file for ever. */

/** Uniform in [0, 1). */
export type Random = () => number;

export const below = (random: Random, n: number): number => Math.floor(random() * n);
export const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)];

/** Counts and lengths that are none. */
const NUMBERS = [
  0n,
  1n,
  2n,
  255n,
  1n << 16n,
  1n << 24n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 53n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** @returns a damaged copy; `focus` is how many bytes at the front are most of the damage's places */
export function mutateBytes(random: Random, original: Uint8Array, focus: number): Buffer {
  let bytes = Buffer.from(original);
  const times = 1 + below(random, 3);
  for (let i = 0; i < times; i++) {
    const range = random() < 0.85 ? Math.min(focus, bytes.length) : bytes.length;
    if (range === 0) break;
    bytes = pick(random, BYTE_MUTATIONS)(random, bytes, below(random, range));
  }
  return bytes;
}

type ByteMutation = (random: Random, bytes: Buffer<ArrayBuffer>, at: number) => Buffer<ArrayBuffer>;

const BYTE_MUTATIONS: ByteMutation[] = [
  function flipBit(random, bytes, at) {
    bytes[at] ^= 1 << below(random, 8);
    return bytes;
  },
  function setByte(random, bytes, at) {
    bytes[at] = pick(random, [0, 1, 0x22, 0x5c, 0x7f, 0x80, 0xff, below(random, 256)]);
    return bytes;
  },
  function hugeNumber(random, bytes, at) {
    const number = pick(random, NUMBERS);
    if (random() < 0.5 && at + 8 <= bytes.length) bytes.writeBigUInt64LE(number, at);
    else if (at + 4 <= bytes.length) bytes.writeUInt32LE(Number(number & 0xffffffffn), at);
    return bytes;
  },
  function truncate(_random, bytes, at) {
    return bytes.subarray(0, at);
  },
  function remove(random, bytes, at) {
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(random, 64))]);
  },
  function duplicate(random, bytes, at) {
    const end = at + 1 + below(random, 256);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  function overwrite(random, bytes, at) {
    const from = below(random, bytes.length);
    bytes.copy(bytes, at, from, Math.min(bytes.length, from + below(random, 64)));
    return bytes;
  },
];

type Container = Record<string, unknown> | unknown[];
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Stands in a value for text that is too deep to be built as a value. */
const DEEP = '\u0000deep';

/** @returns JSON text, now and then with a damaged byte in it as well */
export function mutateJson(random: Random, original: string): string {
  const root = { value: JSON.parse(original) as unknown };
  const times = 1 + below(random, 3);
  for (let i = 0; i < times; i++) mutateSomewhere(random, root);
  let text = JSON.stringify(root.value) ?? '';
  if (text.includes('\\u0000deep')) {
    const depth = pick(random, [50, 5_000, 100_000]);
    const [open, close] = pick(random, [
      ['[', ']'],
      ['{"type":', '}'],
      ['{"type":"Sequence","normalizers":[', ']}'],
      ['{"type":"Sequence","pretokenizers":[', ']}'],
      ['{"type":"Sequence","decoders":[', ']}'],
    ]);
    text = text.replaceAll('"\\u0000deep"', () => `${open.repeat(depth)}1${close.repeat(depth)}`);
    text = text.replaceAll('\\u0000deep', 'deep');
  }
  return random() < 0.05 ? mutateBytes(random, Buffer.from(text), text.length).toString('utf8') : text;
}

function mutateSomewhere(random: Random, root: Container): void {
  let parent: Container = root;
  let key = 'value';
  for (;;) {
    const value = (parent as Record<string, unknown>)[key];
    if (!isContainer(value) || (parent !== root && random() < 0.25)) break;
    const keys = Object.keys(value);
    if (keys.length === 0) break;
    [parent, key] = [value, pick(random, keys)];
  }
  pick(random, JSON_MUTATIONS)(random, parent as Record<string, unknown>, key);
}

type JsonMutation = (random: Random, parent: Record<string, unknown>, key: string) => void;

const set: JsonMutation = (random, parent, key) => {
  parent[key] = strangeValue(random, parent[key]);
};

const JSON_MUTATIONS: JsonMutation[] = [
  set,
  set,
  set,
  function remove(_random, parent, key) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
  function duplicate(random, parent, key) {
    if (Array.isArray(parent)) parent.push(...Array.from({ length: below(random, 100) }, () => parent[Number(key)]));
    else parent[strangeText(random)] = parent[key];
  },
  function swap(random, parent, key) {
    const other = pick(random, Object.keys(parent));
    [parent[key], parent[other]] = [parent[other], parent[key]];
  },
  function rename(random, parent, key) {
    const value = parent[key];
    delete parent[key];
    parent[strangeText(random)] = value;
  },
  function wrap(random, parent, key) {
    parent[key] = random() < 0.5 ? [parent[key]] : { [strangeText(random)]: parent[key] };
  },
];

function strangeValue(random: Random, value: unknown): unknown {
  return pick<() => unknown>(random, [
    () => null,
    () => random() < 0.5,
    () => pick(random, [-1, 0, 1, 2, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 1e-320, below(random, 1000)]),
    () => (typeof value === 'number' ? value * pick(random, [-1, 2, 10, 1e6]) : String(value)),
    () => strangeText(random),
    () => strangeText(random),
    () => [],
    () => ({}),
    () => Array.from({ length: below(random, 2000) }, (_, i) => i),
    () => DEEP,
  ])();
}

const strangeText = (random: Random): string =>
  pick(random, [
    '',
    '__proto__',
    'constructor',
    '\u001b[2J',
    '\ud800',
    '▁',
    '(',
    '(?:',
    '[^\\s',
    '\\p{L}+',
    '.*',
    '(a|b)*?',
    'Removed',
    'Isolated',
    'MergedWithNext',
    'Contiguous',
    'String',
    'Regex',
    'Split',
    'Metaspace',
    'Whitespace',
    'BertPreTokenizer',
    'Replace',
    'Prepend',
    'NFKD',
    'ByteLevel',
    'Digits',
    'ByteFallback',
    '../../etc/passwd',
    'x'.repeat(1 + below(random, 100_000)),
  ]);
