import { ModelError } from '../errors.ts';
import type { TensorFile } from './tensorFile.ts';

const PIECE = 1 << 20;

/** Reads a binary header front to back, in pieces of a megabyte; nothing is taken before it is known to be there. */
export class HeaderReader {
  private piece = new Uint8Array(0);
  /** Where `piece` begins in the file. */
  private start = 0;
  private at = 0;
  private readonly text = new TextDecoder();

  constructor(private readonly file: TensorFile) {}

  get position(): number {
    return this.start + this.at;
  }

  /** The next bytes, a copy of their own. */
  async bytes(length: number): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.next(length)).slice();
  }

  async view(length: number): Promise<DataView> {
    const bytes = await this.next(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  async uint32(): Promise<number> {
    return (await this.view(4)).getUint32(0, true);
  }

  /** @throws ModelError for a number that cannot be a size or place in a file */
  async uint64(): Promise<number> {
    const value = (await this.view(8)).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged(`it names a place at ${value}`);
    return Number(value);
  }

  /** How many things of at least `smallest` bytes each follow. @throws ModelError if the file has no room for them */
  async count(smallest: number, what: string): Promise<number> {
    const count = await this.uint64();
    if (count * smallest > this.file.size - this.position)
      throw this.damaged(`it claims ${count} of ${what}, more than fit into it`);
    return count;
  }

  /** A length and as many bytes of UTF-8. */
  async string(longest: number, what: string): Promise<string> {
    const length = await this.count(1, `bytes in ${what}`);
    if (length > longest) throw this.damaged(`${what} is ${length} bytes long`);
    return this.text.decode(await this.next(length));
  }

  /** So many strings; those that lie whole in the piece at hand are taken without waiting. */
  async strings(count: number, what: string): Promise<string[]> {
    const strings: string[] = [];
    while (strings.length < count) {
      const left = this.piece.length - this.at;
      const view = new DataView(this.piece.buffer, this.piece.byteOffset + this.at, left);
      const length = left < 8 || view.getUint32(4, true) > 0 ? undefined : view.getUint32(0, true);
      if (length === undefined || length > left - 8) strings.push(await this.string(Number.MAX_SAFE_INTEGER, what));
      else {
        strings.push(this.text.decode(this.piece.subarray(this.at + 8, this.at + 8 + length)));
        this.at += 8 + length;
      }
    }
    return strings;
  }

  damaged(why: string): ModelError {
    return new ModelError(
      `It is damaged at byte ${this.position}: ${why}.`,
      this.file.path,
      'Get the file again, or choose another one.',
    );
  }

  private async next(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.at + length > this.piece.length) {
      const start = this.position;
      if (start + length > this.file.size)
        throw new ModelError(
          `It ends in the middle of its header.`,
          this.file.path,
          'The file is cut off: get it again.',
        );
      const size = Math.max(length, Math.min(PIECE, this.file.size - start));
      this.piece = await this.file.read(start, size);
      this.start = start;
      this.at = 0;
    }
    this.at += length;
    return this.piece.subarray(this.at - length, this.at);
  }
}
