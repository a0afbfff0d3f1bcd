import { ModelError } from '../errors.ts';
import type { TransformerConfig } from '../transformer/config.ts';
import { modelWeights } from '../transformer/model.ts';
import type { Location } from './families/family.ts';
import type { EmbeddingRows, ModelSource, TokenizerDefinition, WeightName } from './source.ts';
import type { TensorFile } from './tensorFile.ts';
import { embeddingRows, fingerprint, locatedShape, readWeight, Scratch, type StoredTensor } from './tensors.ts';

export interface FileSourceParts {
  name: string;
  format: ModelSource['format'];
  path: string;
  config: TransformerConfig;
  tokenizer: TokenizerDefinition;
  files: TensorFile[];
  tensors: ReadonlyMap<string, StoredTensor>;
  /** How tensors are stored that cannot be read; an error if one of them is needed. */
  unreadable?: ReadonlyMap<string, string>;
  locate(name: WeightName): Location | undefined;
}

/** A model in one or several files of tensors, every one of which has been checked against the configuration. */
export class FileSource implements ModelSource {
  readonly name: string;
  readonly format: ModelSource['format'];
  readonly path: string;
  readonly config: TransformerConfig;
  readonly tokenizer: TokenizerDefinition;
  readonly byteLength: number;
  readonly parameters: number;
  private readonly scratch = new Scratch();
  private readonly places = new Map<WeightName, { tensor: StoredTensor; location: Location }>();

  private constructor(
    private readonly parts: FileSourceParts,
    readonly fingerprint: string,
  ) {
    this.name = parts.name;
    this.format = parts.format;
    this.path = parts.path;
    this.config = parts.config;
    this.tokenizer = parts.tokenizer;
    this.byteLength = parts.files.reduce((sum, file) => sum + file.size, 0);
    let parameters = 0;
    for (const [name, shape] of modelWeights(parts.config)) {
      this.places.set(name, this.place(name, shape));
      const counted = name === 'unembed.W_U' && parts.config.tiedUnembedding ? [0] : shape;
      parameters += counted.reduce((a, b) => a * b, 1);
    }
    this.parameters = parameters;
  }

  /** @throws ModelError for a tensor that is missing or of another shape than the configuration says */
  static async open(parts: FileSourceParts): Promise<FileSource> {
    return new FileSource(parts, await fingerprint(parts.files, parts.tensors.values()));
  }

  has(name: WeightName): boolean {
    return this.places.has(name);
  }

  shape(name: WeightName): number[] {
    const { tensor, location } = this.find(name);
    return locatedShape(tensor, location);
  }

  async read(name: WeightName, rows?: readonly [number, number]): Promise<Float32Array> {
    const { tensor, location } = this.find(name);
    return readWeight(tensor, location, rows ?? [0, locatedShape(tensor, location)[0]], this.scratch);
  }

  async embeddingRows(): Promise<EmbeddingRows> {
    const { tensor } = this.find('embed.W_E');
    const rows = await embeddingRows(tensor);
    // A tied E is checked when it is read as U.
    if (!this.config.tiedUnembedding) checkRows(rows, tensor);
    return rows;
  }

  async close(): Promise<void> {
    for (const file of this.parts.files) await file.close();
  }

  private find(name: WeightName) {
    const place = this.places.get(name);
    if (!place) throw new ModelError(`It has no weight ${name}.`, this.path, 'Use the files of one model.');
    return place;
  }

  private place(name: WeightName, expected: number[]) {
    const { path, tensors, unreadable } = this.parts;
    const location = this.parts.locate(name);
    const tensor = location && tensors.get(location.tensor);
    const dtype = location && unreadable?.get(location.tensor);
    if (dtype)
      throw new ModelError(
        `The tensor "${location.tensor}" is stored as ${dtype.slice(0, 40)}, which is not supported.`,
        path,
        'Use weights in F32, F16 or BF16.',
      );
    if (!tensor)
      throw new ModelError(
        `The tensor "${location?.tensor ?? name}" is missing.`,
        path,
        'The model is incomplete, or its configuration belongs to another one.',
      );
    const whole = location.transposed ? [...tensor.shape].reverse() : tensor.shape;
    const fits = tensor.shape.length === expected.length && (location.rows?.[2] ?? whole[0]) === whole[0];
    const shape = locatedShape(tensor, location);
    if (!fits || shape.join() !== expected.join())
      throw new ModelError(
        `The tensor "${tensor.name}" has shape [${tensor.shape}], which does not fit the configuration: ${name} needs [${expected}].`,
        path,
        'Use the configuration that belongs to these weights.',
      );
    return { tensor, location };
  }
}

/** @throws ModelError if a number is NaN or infinite */
function checkRows(rows: EmbeddingRows, { name, shape, file }: StoredTensor): void {
  const row = new Float32Array(shape[1]);
  for (let id = 0; id < shape[0]; id++) {
    rows.read(id, row, 0);
    if (!row.every(Number.isFinite))
      throw new ModelError(
        `The tensor "${name}" holds numbers that are not finite.`,
        file.path,
        'The weights are damaged: get the file again.',
      );
  }
}
