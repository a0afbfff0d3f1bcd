import { ModelError } from '../../errors.ts';
import { openModel } from '../../weights/open.ts';
import type { ModelSource } from '../../weights/source.ts';

/** The weights of a loaded model as its files hold them, opened when they are first wanted. */
export class StoredWeights {
  private source: Promise<ModelSource> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** @param fingerprint of the model that was loaded */
  constructor(
    private readonly path: string,
    readonly fingerprint: string,
  ) {}

  /**
   * Works with the open files, one piece of work after the other: what is read is good until the next read.
   * @throws ModelError if the files are gone, or hold other weights than were loaded
   */
  use<T>(work: (source: ModelSource) => Promise<T>): Promise<T> {
    const next = this.last.then(async () => work(await this.opened()));
    this.last = next.catch(() => {});
    return next;
  }

  async close(): Promise<void> {
    await this.last;
    const source = await this.source?.catch(() => undefined);
    this.source = undefined;
    await source?.close();
  }

  private opened(): Promise<ModelSource> {
    this.source ??= this.open().catch((error) => {
      this.source = undefined;
      throw error;
    });
    return this.source;
  }

  private async open(): Promise<ModelSource> {
    const source = await openModel(this.path);
    if (source.fingerprint === this.fingerprint) return source;
    await source.close();
    throw new ModelError('Its files are others now than when it was loaded.', this.path, 'Load the model again.');
  }
}
