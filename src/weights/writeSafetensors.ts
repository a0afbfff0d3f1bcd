const DTYPES = { Float32Array: 'F32', Int32Array: 'I32', BigInt64Array: 'I64' } as const;

export interface SavedTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array | BigInt64Array;
}

/**
 * The parts of a safetensors file in order (8 bytes of header length, the JSON header, then the data), to be written one
 * after the other. Format: github.com/huggingface/safetensors, "Format".
 * @param metadata the `__metadata__` entry, texts only
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, SavedTensor>,
  metadata: Record<string, string> = {},
): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = DTYPES[data.constructor.name as keyof typeof DTYPES];
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = JSON.stringify(header);
  // Padded with spaces, so that the data begin at a multiple of 8.
  const text = new TextEncoder().encode(json);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  const bytes = [...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return [length, padded, ...bytes];
}
