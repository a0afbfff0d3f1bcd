type Json = Record<string, unknown>;

/** GPT-2's cut into words (Radford et al. 2019): contractions, letters, digits, the rest, white space. */
export const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** A step that cuts a text at and around every match of a pattern. */
export const isolate = (pattern: string): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});

/**
 * The same pre-tokenizer in steps that the library runs exactly: its `Digits` knows only 0 to 9 where the format means
 * every numeric character, and its `ByteLevel` takes JavaScript's idea of white space (U+FEFF in, U+0085 out).
 */
export function exactPreTokenizer(step: unknown): unknown {
  if (typeof step !== 'object' || step === null) return step;
  const json = step as Json;
  if (json.type === 'Sequence' && Array.isArray(json.pretokenizers)) {
    return { ...json, pretokenizers: json.pretokenizers.map(exactPreTokenizer) };
  }
  // No language model cuts so, and a length of 0 would never end.
  if (json.type === 'FixedLength') throw new Error('pieces of fixed length are not known');
  if (json.type === 'Digits') return isolate(json.individual_digits === true ? '\\p{N}' : '\\p{N}+');
  if (json.type === 'ByteLevel' && json.use_regex !== false && json.add_prefix_space !== true) {
    return { type: 'Sequence', pretokenizers: [isolate(GPT2_WORDS), { ...json, use_regex: false }] };
  }
  return step;
}
