import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../src/analysis/sampling.ts';
import { createTokenizer } from '../../src/runtime/tokenizer/tokenizer.ts';
import { openModel } from '../../src/weights/open.ts';
import { fixture } from '../fixtures.ts';
import { mutateBytes, mutateJson, pick, type Random } from './mutate.ts';

export const kinds = ['gguf', 'safetensors', 'config', 'tokenizer'] as const;
export type Kind = (typeof kinds)[number];

const MODELS = ['gpt2', 'llama_mha', 'llama_gqa_tied', 'llama3_rope_sharded'];
const TOKENIZERS = ['gemma2', 'gpt_neox', 'mistral', 'opt', 'qwen2', 'smollm3'];
const TEXT = "Hello,  wörld! 猫🙂 e\u0301 12345\n\tdon't <|endoftext|> ▁x";
/** Fixtures' headers with their vocabularies end about here. */
const HEADER = 16 << 10;

/** Damages the fixtures' models, one file a case, and opens what is left of them. */
export class Fuzzer {
  private constructor(
    private readonly folder: string,
    private readonly seed: number,
    private readonly ggufs: ReadonlyMap<string, Buffer>,
  ) {}

  static async create(seed: number): Promise<Fuzzer> {
    const folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
    const ggufs = new Map<string, Buffer>();
    for (const name of await readdir(fixture('gguf'), { recursive: true }))
      if (name.endsWith('.gguf')) ggufs.set(name, await readFile(fixture('gguf', name)));
    for (const name of MODELS) await cp(fixture('models', name), join(folder, name), { recursive: true });
    return new Fuzzer(folder, seed, ggufs);
  }

  dispose(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  /**
   * Opens the case's model, makes its tokenizer, and encodes a short text.
   * @throws what the product throws, or an Error if an offset is none
   */
  async run(kind: Kind, number: number): Promise<void> {
    const random = seededRandom(this.seed * 1_000_003 + number * 4 + kinds.indexOf(kind));
    if (kind === 'gguf') {
      const path = join(this.folder, 'model.gguf');
      await writeFile(path, mutateBytes(random, pick(random, [...this.ggufs.values()]), HEADER));
      return use(path);
    }
    const folder = join(this.folder, pick(random, MODELS));
    const place = join(folder, await this.target(random, kind, folder));
    const original = await readFile(place);
    try {
      await writeFile(place, await damaged(random, kind, original));
      await use(folder, kind === 'tokenizer' ? 1 << 12 : undefined);
    } finally {
      await writeFile(place, original);
    }
  }

  private async target(random: Random, kind: Kind, folder: string): Promise<string> {
    if (kind === 'tokenizer') return 'tokenizer.json';
    const fits = kind === 'safetensors' ? /^model.*\.safetensors$/ : /^(?!tokenizer\.json|reference).*\.json$/;
    return pick(random, (await readdir(folder)).filter((name) => fits.test(name)).sort());
  }
}

async function damaged(random: Random, kind: Kind, original: Buffer): Promise<string | Buffer> {
  if (kind === 'safetensors')
    return random() < 0.5 ? mutateBytes(random, original, 4 << 10) : mutateHeader(random, original);
  if (kind === 'config') return mutateJson(random, original.toString('utf8'));
  const source =
    random() < 0.5 ? original : await readFile(fixture('tokenizers', pick(random, TOKENIZERS), 'tokenizer.json'));
  return mutateJson(random, source.toString('utf8'));
}

/** The JSON of a safetensors file, damaged, under a length that fits it. */
function mutateHeader(random: Random, original: Buffer): Buffer {
  const start = 8 + Number(original.readBigUInt64LE(0));
  const json = Buffer.from(mutateJson(random, original.toString('utf8', 8, start)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, original.subarray(start)]);
}

async function use(path: string, vocabSize?: number): Promise<void> {
  const source = await openModel(path);
  try {
    const tokenizer = createTokenizer(source.tokenizer, path, vocabSize ?? source.config.vocabSize);
    const tokens = tokenizer.encode(TEXT);
    let last = 0;
    for (const { start, end } of tokens) {
      if (!(start <= end && end <= TEXT.length && end >= last)) throw new Error(`a token from ${start} to ${end}`);
      last = end;
    }
    tokenizer.decode(tokens.map(({ id }) => id));
  } finally {
    await source.close();
  }
}
