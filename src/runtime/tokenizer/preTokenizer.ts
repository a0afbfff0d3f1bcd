import { named } from '../../errors.ts';
import { type Part, partsOf, patternOf } from './pattern.ts';
import { flag, flatSteps, type Json, text } from './step.ts';

/** GPT-2's cut into words (Radford et al. 2019): contractions, letters, digits, the rest, white space. */
const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const NOT_WORDS_NOR_REST = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, 'gu');
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const SPACE = /\p{White_Space}/gu;

/** A word of a text: code units before `lead` were put in, the rest are those of the text from `start` on. */
export interface Cut {
  text: string;
  start: number;
  lead: number;
}

/** @param first whether the text is the beginning of all that is encoded */
type Cutter = (cut: Cut, first: boolean) => Cut[];

/** Cuts a text into the words that are encoded one by one. */
export interface PreTokenizer {
  /** The words' bytes are encoded in GPT-2's alphabet. */
  byteLevel: boolean;
  /** The words in order; what none of them covers is left out. */
  cut(text: string, first: boolean): Cut[];
}

/**
 * Reads `pre_tokenizer` of a tokenizer.json. Every kind does exactly what huggingface/tokenizers (Rust) does.
 * @throws Error for a kind or an option that cannot be done so, by name
 */
export function preTokenizerOf(value: unknown): PreTokenizer {
  const steps = flatSteps(value, 'pre-tokenizer', 'pretokenizers');
  const bytesAt = steps.findIndex((step) => step.type === 'ByteLevel');
  if (bytesAt >= 0 && bytesAt < steps.length - 1)
    throw new Error(`${named(steps[bytesAt + 1].type)} after "ByteLevel" is not known`);
  const cutters = steps.flatMap(cuttersOf);
  return {
    byteLevel: bytesAt >= 0,
    cut: (text, first) =>
      cutters.reduce((cuts, cutter) => cuts.flatMap((cut) => cutter(cut, first)), [{ text, start: 0, lead: 0 }]),
  };
}

function cuttersOf(step: Json & { type: string }): Cutter[] {
  switch (step.type) {
    case 'ByteLevel':
      return [
        ...(flag(step, 'add_prefix_space', false) ? [prefix(' ', () => true)] : []),
        ...(flag(step, 'use_regex', true) ? [split(GPT2_WORDS, 'Isolated')] : []),
      ];
    case 'Split':
      return [split(patternOf(step), behaviorOf(step), flag(step, 'invert', false))];
    case 'Digits':
      return [split(/\p{N}/gu, flag(step, 'individual_digits', false) ? 'Isolated' : 'Contiguous')];
    case 'Punctuation':
      return [split(PUNCTUATION, behaviorOf({ behavior: 'Isolated', ...step }))];
    case 'Whitespace':
      return [split(NOT_WORDS_NOR_REST, 'Removed', true)];
    case 'WhitespaceSplit':
      return [split(SPACE, 'Removed')];
    case 'BertPreTokenizer':
      return [split(SPACE, 'Removed'), split(PUNCTUATION, 'Isolated')];
    case 'CharDelimiterSplit':
      return [split(patternOf({ ...step, pattern: { String: character(step, 'delimiter') } }), 'Removed')];
    case 'Metaspace':
      return metaspace(step);
    // No language model cuts so.
    case 'FixedLength':
      throw new Error('pieces of fixed length are not known');
    default:
      throw new Error(`the pre-tokenizer ${named(step.type)} is not known`);
  }
}

function character(step: Json, key: string): string {
  const value = text(step, key);
  if (value.length !== 1) throw new Error(`${named(step.type)} needs one character as "${key}", not ${named(value)}`);
  return value;
}

/** Spaces become ▁, one is put in front, and a word begins at each. */
function metaspace(step: Json): Cutter[] {
  const mark = character(step, 'replacement');
  const scheme = step.prepend_scheme ?? 'always';
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
    throw new Error(`"Metaspace" has the unknown prepend_scheme ${named(scheme)}`);
  if (!flag(step, 'add_prefix_space', true) && scheme !== 'never')
    throw new Error(`"Metaspace" has no prefix space, but prepend_scheme ${named(scheme)}`);
  const cutters: Cutter[] = [(cut) => [{ ...cut, text: cut.text.replaceAll(' ', mark) }]];
  if (scheme !== 'never') cutters.push(prefix(mark, (cut, first) => scheme === 'always' || (first && cut.start === 0)));
  if (flag(step, 'split', true)) cutters.push(split(patternOf({ pattern: { String: mark } }), 'MergedWithNext'));
  return cutters;
}

const prefix =
  (mark: string, wanted: (cut: Cut, first: boolean) => boolean): Cutter =>
  (cut, first) =>
    cut.text.startsWith(mark) || !wanted(cut, first)
      ? [cut]
      : [{ text: mark + cut.text, start: cut.start, lead: cut.lead + 1 }];

/** Cuts at and around what matches; with `invert` what lies between is what matches. */
const split =
  (pattern: RegExp, behavior: Behavior, invert = false): Cutter =>
  (cut) => {
    let parts = partsOf(cut.text, pattern);
    if (invert) parts = parts.map((part) => ({ ...part, match: !part.match }));
    const cuts: Cut[] = [];
    for (const { start, end } of BEHAVIORS[behavior](parts)) {
      if (start === end) continue;
      const lead = Math.min(Math.max(cut.lead - start, 0), end - start);
      cuts.push({ text: cut.text.slice(start, end), start: cut.start + Math.max(start - cut.lead, 0), lead });
    }
    return cuts;
  };

type Behavior = 'Isolated' | 'Removed' | 'Contiguous' | 'MergedWithPrevious' | 'MergedWithNext';
type Place = Pick<Part, 'start' | 'end'>;

/** What becomes of the parts that match: `SplitDelimiterBehavior` of huggingface/tokenizers. */
const BEHAVIORS: Record<Behavior, (parts: Part[]) => Place[]> = {
  Isolated: (parts) => parts,
  Removed: (parts) => parts.filter((part) => !part.match),
  Contiguous: (parts) => joined(parts, (part, before) => part.match === before.match),
  MergedWithPrevious: (parts) => joined(parts, (part, before) => part.match && !before.match),
  MergedWithNext: (parts) => joined(parts, (part, before) => before.match && !part.match),
};

/** Neighbours put together where `joins` says so. */
function joined(parts: Part[], joins: (part: Part, before: Part) => boolean): Place[] {
  const places: Place[] = [];
  parts.forEach((part, i) => {
    if (i > 0 && joins(part, parts[i - 1])) places[places.length - 1].end = part.end;
    else places.push({ start: part.start, end: part.end });
  });
  return places;
}

function behaviorOf(step: Json): Behavior {
  const { behavior } = step;
  if (typeof behavior === 'string' && Object.hasOwn(BEHAVIORS, behavior)) return behavior as Behavior;
  throw new Error(`${named(step.type)} has the unknown behavior ${named(behavior)}`);
}
