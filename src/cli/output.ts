import { fstatSync, readSync, statSync, writeSync } from 'node:fs';
import { oneLine, TokenscopeError } from '../errors.ts';

/** What a shell says of a program that wrote where nobody reads any more: 128 + SIGPIPE. */
const NOBODY_READS = 141;
const LONGEST_LINE = 2000;

/** Ends the process where its output's other end is gone: a pipe tells so in an event only. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(NOBODY_READS);
    complain(`tokenscope: ${unwritable(`${error.message}.`).message}`);
    process.exit(1);
  });
  // There is nobody left to be told.
  process.stderr.on('error', () => {});
}

/** Writes to standard output. @throws TokenscopeError when it is full */
export function write(text: string): void {
  if (!isFile()) {
    process.stdout.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  try {
    // Node's own stream takes a write that a full disk cuts short for a whole one.
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  } catch (error) {
    throw unwritable(`${(error as Error).message}.`, error);
  }
}

/** @throws TokenscopeError if nothing that is written can arrive */
export function checkOutput(): void {
  if (isClosed()) throw unwritable('It is closed.');
}

/** Node replaces a standard output that is closed by /dev/null, open for reading too; a shell's `> /dev/null` is not. */
function isClosed(): boolean {
  try {
    if (fstatSync(1).rdev !== statSync('/dev/null').rdev) return false;
    readSync(1, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}

/** Ends the process when all is written. The engine's threads would keep it alive. */
export function end(): void {
  if (isFile()) process.exit();
  process.stdout.write('', (error) => {
    if (!error) process.exit();
  });
}

/** A file or a device, not a pipe or a terminal. */
function isFile(): boolean {
  const found = fstatSync(1);
  return found.isFile() || (found.isCharacterDevice() && !process.stdout.isTTY);
}

function unwritable(why: string, cause?: unknown): TokenscopeError {
  return new TokenscopeError('It cannot be written.', 'Standard output', why, { cause });
}

/** One line on stderr. */
export function complain(message: string): void {
  const line = message.trim().replace(/\s*\n\s*/g, ' ');
  process.stderr.write(`${oneLine(line, LONGEST_LINE)}\n`);
}
