import type { FillIn } from './types.ts';

/**
 * What models call the tokens of fill-in-the-middle: their names for prefix, suffix and middle, and for what ends what
 * is filled in. Found in the published tokenizers of Qwen2.5-Coder and CodeGemma, StarCoder, Granite and SmolLM3,
 * SantaCoder, DeepSeek-Coder, and Code Llama (SentencePiece writes a space as \u2581).
 */
const FAMILIES = [
  [
    '<|fim_prefix|>',
    '<|fim_suffix|>',
    '<|fim_middle|>',
    '<|fim_pad|>',
    '<|repo_name|>',
    '<|file_sep|>',
    '<|file_separator|>',
  ],
  [
    '<fim_prefix>',
    '<fim_suffix>',
    '<fim_middle>',
    '<fim_pad>',
    '<repo_name>',
    '<file_sep>',
    '<filename>',
    '<reponame>',
  ],
  ['<fim-prefix>', '<fim-suffix>', '<fim-middle>', '<fim-pad>'],
  ['<\uff5cfim\u2581begin\uff5c>', '<\uff5cfim\u2581hole\uff5c>', '<\uff5cfim\u2581end\uff5c>'],
  ['\u2581<PRE>', '\u2581<SUF>', '\u2581<MID>', '\u2581<EOT>'],
  ['<PRE>', '<SUF>', '<MID>', '<EOT>'],
];

/** The first family of which a tokenizer has prefix, suffix and middle among its added tokens; undefined: none. */
export function fillInOf(added: Iterable<{ content: string; id: number }>): FillIn | undefined {
  const ids = new Map<string, number>();
  for (const { content, id } of added) ids.set(content, id);
  for (const names of FAMILIES) {
    const [prefix, suffix, middle, ...others] = names.map((name) => ids.get(name));
    if (prefix === undefined || suffix === undefined || middle === undefined) continue;
    return { prefix, suffix, middle, ends: [prefix, suffix, middle, ...others.filter((id) => id !== undefined)] };
  }
  return undefined;
}
