import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { HEAD_DEFINITION, type HeadScores } from '../../analysis/headScores.ts';

/** Bytes of a file of scores at most: of a thousand heads they are a tenth of it. */
const LARGEST = 1 << 20;

const numbers = z.array(z.number()).transform((values) => Float32Array.from(values));
const headScores = z.object({
  induction: numbers,
  previousToken: numbers,
  duplicateToken: numbers,
  firstToken: numbers,
  entropy: numbers,
});

/** Scores of heads, kept in the cache folder by the model's fingerprint: they are the same each time. */
export class KeptScores {
  /** @param folder none: nothing is kept */
  constructor(
    private readonly fingerprint: string,
    private readonly folder: string | undefined,
  ) {}

  scores(key: string, compute: () => Promise<HeadScores>): Promise<HeadScores> {
    return this.kept(`heads ${HEAD_DEFINITION} ${key}`, headScores, compute);
  }

  copying(compute: () => Promise<Float32Array>): Promise<Float32Array> {
    return this.kept(`copying ${HEAD_DEFINITION}`, numbers, compute);
  }

  private async kept<T extends object>(key: string, schema: z.ZodType<T>, compute: () => Promise<T>): Promise<T> {
    if (this.folder === undefined) return compute();
    const name = createHash('sha256').update(`${this.fingerprint} ${key}`).digest('hex').slice(0, 32);
    const folder = join(this.folder, 'scores');
    const path = join(folder, `${name}.json`);
    const found = await readFile(path, 'utf8').catch(() => '');
    // A damaged file is as good as none.
    const read = found.length > 0 && found.length <= LARGEST ? schema.safeParse(parsed(found)) : undefined;
    if (read?.success) return read.data;
    const computed = await compute();
    const text = JSON.stringify(computed, (_, value) => (value instanceof Float32Array ? [...value] : value));
    // Nobody waits for it, and what cannot be kept is computed again.
    const write = async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(`${path}.${process.pid}`, text);
      await rename(`${path}.${process.pid}`, path);
    };
    await write().catch(() => {});
    return computed;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
