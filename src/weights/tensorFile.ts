import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { ModelError } from '../errors.ts';

/** How numbers are stored; names as in GGUF's type table. */
export type StoredType = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1';

/** Where a tensor lies in a file; checked to be inside it. */
export interface TensorInfo {
  name: string;
  type: StoredType;
  /** Output-major, the last dimension contiguous: GGUF's dimensions reversed, safetensors' as they are. */
  shape: number[];
  /** Absolute position in the file. */
  offset: number;
  byteLength: number;
}

/** A file that is read piece by piece, never beyond its end. */
export class TensorFile {
  private constructor(
    readonly path: string,
    readonly size: number,
    private readonly handle: FileHandle,
  ) {}

  /** @throws ModelError if it cannot be opened or is no plain file; anything else is not even opened */
  static async open(path: string): Promise<TensorFile> {
    let handle: FileHandle | undefined;
    try {
      const found = await stat(path);
      if (found.isFile()) {
        // Should a pipe have taken the file's place by now, opening it does not wait for a writer.
        handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
        const opened = await handle.stat();
        if (opened.isFile()) return new TensorFile(path, opened.size, handle);
      }
    } catch (error) {
      await handle?.close();
      throw new ModelError('It cannot be opened.', path, `${(error as Error).message}.`, { cause: error });
    }
    await handle?.close();
    throw new ModelError('It is not a file.', path, 'Choose a model file.');
  }

  /**
   * Reads exactly `length` bytes at `offset`.
   * @param into at least as long; a view of it is returned. Without it memory is taken only after the bounds are checked.
   * @throws ModelError beyond the end of the file, also if it shrank since it was opened
   */
  async read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!inside || offset + length > this.size)
      throw new ModelError(
        `It ends at byte ${this.size}, but something in it should lie at ${offset} to ${offset + length}.`,
        this.path,
        'The file is cut off or damaged: get it again.',
      );
    const bytes = into ? into.subarray(0, length) : new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0)
        throw new ModelError('It became shorter while it was read.', this.path, 'Load the model again.');
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
