/**
 * The ways of cutting a text into words that GGUF files name in `tokenizer.ggml.pre`, as tokenizer.json states them.
 * The names are those of llama.cpp. A file does not say whether its text is normalised first; that comes from the
 * tokenizer.json of the models that use a name, and only names for which it is known are here.
 */

interface WordRule {
  /** Patterns that cut one after the other, before the bytes are encoded. */
  patterns: string[];
  /** GPT-2's own cut follows. */
  gpt2: boolean;
  /** A word that is a token as a whole is not taken apart. */
  ignoreMerges?: boolean;
  /** Whether a BOS is added where the file does not say. */
  addBos?: boolean;
  /** The text is put into Unicode's form C first. */
  nfc?: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** The cut of GPT-4's cl100k and its kin; they differ in how many digits stay together. */
const cl100k = (digits: string): string => `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|${REST}`;

const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
/** The cut of GPT-4o's o200k and its kin: words also end before a capital. */
const o200k = (contractions: string, digits: string): string =>
  [
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${contractions}`,
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${contractions}`,
    digits,
    ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  ].join('|');

const GPT2: WordRule = { patterns: [], gpt2: true };
const DIGITS_THEN_GPT2: WordRule = { patterns: ['\\p{N}'], gpt2: true };
const LLAMA3: WordRule = { patterns: [cl100k('\\p{N}{1,3}')], gpt2: false, ignoreMerges: true, addBos: true };
const QWEN2: WordRule = { patterns: [cl100k('\\p{N}')], gpt2: false, nfc: true };

const RULES: Record<string, WordRule> = {
  default: GPT2,
  'gpt-2': GPT2,
  'phi-2': GPT2,
  olmo: { ...GPT2, nfc: true },
  mpt: { ...GPT2, nfc: true },
  smollm: DIGITS_THEN_GPT2,
  starcoder: DIGITS_THEN_GPT2,
  refact: DIGITS_THEN_GPT2,
  codeshell: DIGITS_THEN_GPT2,
  'llama-bpe': LLAMA3,
  llama3: LLAMA3,
  'llama-v3': LLAMA3,
  falcon3: LLAMA3,
  dbrx: { patterns: [cl100k('\\p{N}{1,3}')], gpt2: false },
  'smaug-bpe': { patterns: [cl100k('\\p{N}{1,3}')], gpt2: false },
  qwen2: QWEN2,
  'deepseek-r1-qwen': QWEN2,
  'gpt-4o': { patterns: [o200k(`${CONTRACTIONS}?`, '\\p{N}{1,3}')], gpt2: false },
  llama4: { patterns: [o200k(`${CONTRACTIONS}?`, '\\p{N}{1,3}')], gpt2: false },
  tekken: { patterns: [o200k('', '\\p{N}')], gpt2: false, ignoreMerges: true, addBos: true },
};

export const wordRule = (name: string): WordRule | undefined => (Object.hasOwn(RULES, name) ? RULES[name] : undefined);
export const knownWordRules = (): string[] => Object.keys(RULES);

/** The rule as `normalizer` and `pre_tokenizer` of a tokenizer.json. */
export function stepsOf(rule: WordRule): { normalizer: unknown; pre_tokenizer: unknown } {
  const split = rule.patterns.map((pattern) => ({
    type: 'Split',
    pattern: { Regex: pattern },
    behavior: 'Isolated',
    invert: false,
  }));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: rule.gpt2 };
  return {
    normalizer: rule.nfc ? { type: 'NFC' } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...split, byteLevel] },
  };
}
