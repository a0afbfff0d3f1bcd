import { type FileHandle, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import type { WeightSlot } from '../../transformer/builder.ts';
import { divisorCount } from '../../transformer/graph.ts';
import type { ModelGraphs } from '../../transformer/model.ts';
import type { ModelSource } from '../../weights/source.ts';
import { TensorFile } from '../../weights/tensorFile.ts';
import type { TypedArray } from '../sessions.ts';
import type { Buffers } from './pack.ts';
import { type Smoothing, smoothingPoints } from './smoothing.ts';

/** Changes when the packing does, so that files of an older one are not used. */
const VERSION = 1;
const KIND = `tokenscope int8 weights, version ${VERSION}`;
const SUFFIX = `.packed.v${VERSION}.safetensors`;

/** Where a model's packed weights are kept, named after the weights themselves. */
export const packedPath = (source: ModelSource, folder: string): string =>
  join(folder, `${source.fingerprint.slice(0, 32)}${SUFFIX}`);

export const isPackedFile = (name: string): boolean => /\.packed\.v\d+\.safetensors(\.\d+\.half)?$/.test(name);

interface Place extends WeightSlot {
  from: number;
  to: number;
}

/** What one graph's session needs, one after the other in the file, with one checksum. */
interface Section {
  name: string;
  places: Place[];
}

/** The file's sections, as the graphs say: blocks, unembedding, and the divisors. */
function layoutOf({ blocks, unembed }: ModelGraphs): Section[] {
  let at = 0;
  const section = (name: string, slots: readonly WeightSlot[]): Section => ({
    name,
    places: slots.map((slot) => {
      const from = at;
      at += slot.shape.reduce((a, b) => a * b, 1) * (slot.type === 'int8' ? 1 : 4);
      return { ...slot, from, to: at };
    }),
  });
  const divisors = [...smoothingPoints({ blocks, unembed })].map(([name, point]): WeightSlot => {
    return { name, type: 'float', shape: [divisorCount(point)] };
  });
  return [
    section('smoothing', divisors),
    ...blocks.map((graph, l) => section(`blocks.${l}`, graph.weights)),
    section('unembed', unembed.weights),
  ];
}

interface About {
  kind: string;
  /** The model's file or folder: what is packed here is of no use without it. */
  path: string;
  fingerprint: string;
  /** CRC-32 by section, in hexadecimal. It finds damage; who can write here can write anything. */
  checksums: Record<string, string>;
}

/** A safetensors header of a length that does not depend on the checksums. */
function headerOf(sections: Section[], about: About): Uint8Array {
  const header: Record<string, unknown> = {
    __metadata__: { ...about, checksums: JSON.stringify(about.checksums) },
  };
  for (const { name, places } of sections)
    for (const place of places) {
      const dtype = place.type === 'int8' ? 'I8' : 'F32';
      header[`${name}/${place.name}`] = { dtype, shape: place.shape, data_offsets: [place.from, place.to] };
    }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

const hex = (sum: number): string => sum.toString(16).padStart(8, '0');

const bytesOf = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * Keeps the packed weights of a model while it is loaded for the first time: written beside the work, whole at the end or
 * not at all. A disk that cannot be written is no reason to fail: then nothing is kept.
 */
export class PackedWriter {
  private readonly checksums: Record<string, string> = {};
  private readonly sections: Section[];
  private readonly start: number;
  private failed = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly half: string,
    private readonly path: string,
    private readonly about: About,
    graphs: ModelGraphs,
  ) {
    this.sections = layoutOf(graphs);
    for (const { name } of this.sections) this.checksums[name] = hex(0);
    this.start = headerOf(this.sections, { ...about, checksums: this.checksums }).length;
  }

  static async create(source: ModelSource, graphs: ModelGraphs, folder: string): Promise<PackedWriter | undefined> {
    const path = packedPath(source, folder);
    const half = `${path}.${process.pid}.half`;
    const about = { kind: KIND, path: source.path, fingerprint: source.fingerprint, checksums: {} };
    try {
      await mkdir(dirname(path), { recursive: true });
      return new PackedWriter(await open(half, 'w'), half, path, about, graphs);
    } catch {
      return undefined;
    }
  }

  /** @param arrays may be used again once this is done */
  async add(name: string, arrays: ReadonlyMap<string, TypedArray>): Promise<void> {
    if (this.failed) return;
    const { places } = this.sections.find((section) => section.name === name)!;
    let sum = 0;
    try {
      for (const place of places) {
        const bytes = bytesOf(arrays.get(place.name)!);
        sum = crc32(bytes, sum);
        await this.file.write(bytes, 0, bytes.length, this.start + place.from);
      }
      this.checksums[name] = hex(sum);
    } catch {
      this.failed = true;
    }
  }

  /** Puts the file in its place, unless it could not be written. */
  async finish(): Promise<void> {
    try {
      const header = headerOf(this.sections, { ...this.about, checksums: this.checksums });
      await this.file.write(header, 0, header.length, 0);
      await this.file.close();
      if (this.failed) throw new Error('not all of it could be written');
      await rename(this.half, this.path);
    } catch {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    await rm(this.half, { force: true });
  }
}

const metadata = z.object({
  kind: z.literal(KIND),
  path: z.string(),
  fingerprint: z.string(),
  checksums: z.string(),
});

/** The path of the model that a packed file was made of; undefined if it is none of this version. */
export async function packedOf(path: string): Promise<string | undefined> {
  const file = await TensorFile.open(path).catch(() => undefined);
  try {
    return file && (await readAbout(file))?.path;
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

async function readAbout(file: TensorFile): Promise<(z.infer<typeof metadata> & { start: number }) | undefined> {
  const first = await file.read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > LARGEST_HEADER) return undefined;
  const header: unknown = JSON.parse(new TextDecoder().decode(await file.read(8, length)));
  const parsed = z.object({ __metadata__: metadata }).safeParse(header);
  return parsed.success ? { ...parsed.data.__metadata__, start: 8 + length } : undefined;
}

const LARGEST_HEADER = 64 << 20;

/** A view of the bytes; floats that do not lie at a multiple of four are copied. */
function arrayOf({ type }: Place, bytes: Uint8Array<ArrayBuffer>): TypedArray {
  if (type === 'int8') return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const own = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(own.buffer, own.byteOffset, own.length / 4);
}

/** Packed weights of an earlier load. Every section is held against its checksum when it is read. */
export class PackedReader {
  private damaged = false;

  private constructor(
    private readonly file: TensorFile,
    private readonly sections: Section[],
    private readonly checksums: Readonly<Record<string, unknown>>,
    private readonly start: number,
  ) {}

  /** Undefined if there is no such file, or one that does not fit these weights and graphs. */
  static async open(source: ModelSource, graphs: ModelGraphs, folder: string): Promise<PackedReader | undefined> {
    const path = packedPath(source, folder);
    const file = await TensorFile.open(path).catch(() => undefined);
    if (!file) return undefined;
    try {
      const about = await readAbout(file);
      const sections = layoutOf(graphs);
      const end = sections[sections.length - 1].places.at(-1)!.to;
      if (about?.fingerprint === source.fingerprint && about.start + end === file.size) {
        await utimes(path, new Date(), new Date()); // used last, dropped last
        return new PackedReader(file, sections, JSON.parse(about.checksums) as Record<string, unknown>, about.start);
      }
    } catch {
      // Whatever is wrong with it, it is made again.
    }
    await file.close();
    return undefined;
  }

  /**
   * The arrays of a section, read at once, good until the buffers are used again; undefined if they are not what was
   * written: from then on nothing of the file is used.
   */
  async read(name: string, buffers: Buffers): Promise<Map<string, TypedArray> | undefined> {
    const { places } = this.sections.find((section) => section.name === name)!;
    const [start, end] = [places[0].from, places[places.length - 1].to];
    const bytes = bytesOf(buffers.int8('section', end - start)) as Uint8Array<ArrayBuffer>;
    try {
      await this.file.read(this.start + start, bytes.length, bytes);
      this.damaged ||= hex(crc32(bytes)) !== this.checksums[name];
    } catch {
      this.damaged = true;
    }
    if (this.damaged) return undefined;
    return new Map(
      places.map((place) => [place.name, arrayOf(place, bytes.subarray(place.from - start, place.to - start))]),
    );
  }

  /** The divisors the weights were packed with. */
  async smoothing(buffers: Buffers): Promise<Smoothing | undefined> {
    const arrays = await this.read('smoothing', buffers);
    return arrays && new Map([...arrays].map(([name, array]) => [name, (array as Float32Array).slice()]));
  }

  /** A damaged file goes: the next load makes another. */
  async close(): Promise<void> {
    await this.file.close();
    if (this.damaged) await rm(this.file.path, { force: true });
  }
}
