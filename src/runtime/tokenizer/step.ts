import { named } from '../../errors.ts';

/** A step of a tokenizer.json, as read; nothing in it is trusted. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** No tokenizer needs more sequences inside sequences; a hostile file may have thousands. */
const MAX_DEPTH = 8;
const MAX_STEPS = 64;
/** In code units, of all steps together: those of GPT-4o have 500. Thousands of classes take seconds to compile. */
const LONGEST_PATTERNS = 4096;

/**
 * The steps of one kind in order, sequences laid flat.
 * @param kind as a person knows it
 * @param list the key under which a sequence keeps its steps
 * @throws Error for anything but objects with a type, or where their patterns are too long
 */
export function flatSteps(value: unknown, kind: string, list: string): (Json & { type: string })[] {
  const steps: (Json & { type: string })[] = [];
  const visit = (step: unknown, depth: number): void => {
    if (!isObject(step) || typeof step.type !== 'string' || depth > MAX_DEPTH || steps.length >= MAX_STEPS)
      throw new Error(`a ${kind} cannot be read`);
    const children = step[list];
    if (step.type !== 'Sequence') steps.push({ ...step, type: step.type });
    else if (Array.isArray(children)) for (const child of children) visit(child, depth + 1);
    else throw new Error(`a sequence of ${kind}s has no list of them`);
  };
  if (value !== null && value !== undefined) visit(value, 0);
  const length = steps.reduce((sum, step) => sum + (patternSource(step)?.text.length ?? 0), 0);
  if (length > LONGEST_PATTERNS)
    throw new Error(`the patterns of its ${kind} have ${length} characters, more than ${LONGEST_PATTERNS}`);
  return steps;
}

/** The pattern of a step as it is written, if it has one. */
export function patternSource(step: Json): { kind: 'String' | 'Regex'; text: string } | undefined {
  const { pattern } = step;
  if (!isObject(pattern)) return undefined;
  const [kind, ...others] = Object.keys(pattern);
  const source = pattern[kind];
  const known = (kind === 'String' || kind === 'Regex') && others.length === 0;
  return known && typeof source === 'string' ? { kind, text: source } : undefined;
}

/** @throws Error unless it is true or false; a missing one is `fallback`, or wrong without it */
export function flag(step: Json, key: string, fallback?: boolean): boolean {
  const value = step[key] ?? fallback;
  if (typeof value !== 'boolean') throw new Error(`${named(step.type)} needs "${key}" to be true or false`);
  return value;
}

/** @throws Error unless it is a text */
export function text(step: Json, key: string): string {
  const value = step[key];
  if (typeof value !== 'string') throw new Error(`${named(step.type)} needs a text as "${key}"`);
  return value;
}
