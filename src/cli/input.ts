import { isUtf8 } from 'node:buffer';
import { createReadStream, fstatSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TokenscopeError } from '../errors.ts';
import { UsageError } from './options.ts';

/** Bytes of text that are read at most: more than a long book, and its tokens fit into memory (about 1 GB). */
const LONGEST = 4 << 20;
const STDIN = 'Standard input';

/**
 * The text of a file, or of standard input. A byte order mark at its beginning is no part of it.
 * @throws UsageError where a person sits at standard input; TokenscopeError for what is no file, too long or not UTF-8
 */
export async function readText(file: string | undefined): Promise<string> {
  if (file === undefined) {
    if (process.stdin.isTTY) throw new UsageError('give an input: --text, --ids, --file or standard input');
    if (fstatSync(0).isDirectory()) throw noFile('a folder', STDIN);
    return decode(await readBytes(process.stdin, STDIN), STDIN);
  }
  const found = await stat(file).catch((error: unknown) => unreadable(file, error));
  if (!found.isFile()) throw noFile(kindOf(found), file);
  if (found.size > LONGEST) tooLong(file);
  return decode(await readBytes(createReadStream(file), file), file);
}

/** What a path that is no file names. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

async function readBytes(stream: AsyncIterable<Buffer>, where: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > LONGEST) tooLong(where);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TokenscopeError) throw error;
    unreadable(where, error);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, where: string): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes); // which drops the mark
  throw new TokenscopeError(`It is not UTF-8 text: byte ${firstBadByte(bytes)} is wrong.`, where, 'Give UTF-8 text.');
}

/** Offset of the first byte that belongs to no character. */
function firstBadByte(bytes: Buffer): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let byte = 0;
  let unit = 0;
  for (;;) {
    const found = text.indexOf('\uFFFD', unit);
    byte += Buffer.byteLength(text.slice(unit, found));
    // The text may hold U+FFFD itself.
    if (!bytes.subarray(byte, byte + 3).equals(REPLACEMENT)) return byte;
    byte += 3;
    unit = found + 1;
  }
}

const REPLACEMENT = Buffer.from('\uFFFD');

function noFile(kind: string, where: string): TokenscopeError {
  return new TokenscopeError(`It is ${kind}, not a file.`, where, 'Name a file, or pipe the text into standard input.');
}

function tooLong(where: string): never {
  throw new TokenscopeError(`It is longer than ${LONGEST >> 20} MB.`, where, 'Give a part of it.');
}

function unreadable(where: string, error: unknown): never {
  throw new TokenscopeError('It cannot be read.', where, `${(error as Error).message}.`, { cause: error });
}
