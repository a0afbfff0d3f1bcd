import { InvalidArgumentError } from 'commander';

/** What the options' values mean. Each reads one argument, @throws InvalidArgumentError */

/** A wrong way to call the command: exit status 2. */
export class UsageError extends Error {}

/** An option of which a second one would be lost. */
export function once<T>(read: (value: string) => T): (value: string, before: T | undefined) => T {
  return (value, before) => {
    if (before !== undefined) throw new InvalidArgumentError('Give it once.');
    return read(value);
  };
}

/** An option that may be given as often as wanted. */
export function several<T>(read: (value: string) => T): (value: string, before: T[] | undefined) => T[] {
  return (value, before = []) => [...before, read(value)];
}

export function positiveInteger(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 2 ** 31)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(value);
}

export function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) > Number.MAX_SAFE_INTEGER)
    throw new InvalidArgumentError('Expected a whole number of at least 0.');
  return Number(value);
}

export function nonNegative(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Expected a number of at least 0.');
  return number;
}

/** A probability mass, in (0, 1]. */
export function mass(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number > 0 && number <= 1))
    throw new InvalidArgumentError('Expected a number above 0 and at most 1.');
  return number;
}

/** `1,2,3` */
export function idList(value: string): number[] {
  const ids = value.split(/[\s,]+/).filter(Boolean);
  if (ids.length === 0 || ids.some((id) => !/^\d+$/.test(id)))
    throw new InvalidArgumentError('Expected token ids such as 1,2,3.');
  return ids.map(Number);
}

/** `*.hook_pattern,logits`: names, with * for any characters. */
export function globList(value: string): string[] {
  const globs = value.split(',').map((glob) => glob.trim());
  if (globs.includes(''))
    throw new InvalidArgumentError('Expected hook points separated by commas, none of them empty.');
  return globs;
}
