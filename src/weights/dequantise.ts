import type { StoredType } from './tensorFile.ts';

/** GGML's tensor types by number (ggml.h, enum ggml_type); those without a reader here are known by name only. */
export const typeNames: Record<number, string> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  30: 'BF16',
};

interface Format {
  /** Weights that are stored together. */
  weights: number;
  /** Bytes they take. */
  bytes: number;
  /** Decodes whole blocks. */
  decode(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void;
}

/**
 * Block formats of ggml (ggml-quants.c): 32 weights share a scale d, and in the _1 formats a minimum m.
 * Nibbles: the low half of byte i is weight i, the high half weight i + 16. Fifth bits lie in 4 bytes of their own.
 */
const formats: Record<StoredType, Format> = {
  F32: {
    weights: 1,
    bytes: 4,
    decode(bytes, n, out, at) {
      new Uint8Array(out.buffer, out.byteOffset + at * 4, n * 4).set(bytes.subarray(0, n * 4));
    },
  },
  F16: {
    weights: 1,
    bytes: 2,
    decode(bytes, n, out, at) {
      const half = halves();
      for (let i = 0, b = 0; i < n; i++, b += 2) out[at + i] = half[bytes[b] | (bytes[b + 1] << 8)];
    },
  },
  BF16: {
    weights: 1,
    bytes: 2,
    decode(bytes, n, out, at) {
      const bits = new Uint16Array(out.buffer, out.byteOffset + at * 4, n * 2); // the upper half of a float32
      for (let i = 0, b = 0; i < n; i++, b += 2) {
        bits[2 * i] = 0;
        bits[2 * i + 1] = bytes[b] | (bytes[b + 1] << 8);
      }
    },
  },
  Q8_0: {
    weights: 32,
    bytes: 34,
    decode(bytes, blocks, out, at) {
      const half = halves();
      for (let b = 0, k = 0; k < blocks; k++, b += 34) {
        const d = half[bytes[b] | (bytes[b + 1] << 8)];
        for (let i = b + 2; i < b + 34; i++) out[at++] = d * ((bytes[i] << 24) >> 24);
      }
    },
  },
  Q4_0: {
    weights: 32,
    bytes: 18,
    decode(bytes, blocks, out, at) {
      const half = halves();
      for (let b = 0, k = 0; k < blocks; k++, b += 18, at += 32) {
        const d = half[bytes[b] | (bytes[b + 1] << 8)];
        for (let i = 0; i < 16; i++) {
          const q = bytes[b + 2 + i];
          out[at + i] = d * ((q & 15) - 8);
          out[at + 16 + i] = d * ((q >> 4) - 8);
        }
      }
    },
  },
  Q4_1: {
    weights: 32,
    bytes: 20,
    decode(bytes, blocks, out, at) {
      const half = halves();
      for (let b = 0, k = 0; k < blocks; k++, b += 20, at += 32) {
        const d = half[bytes[b] | (bytes[b + 1] << 8)];
        const m = half[bytes[b + 2] | (bytes[b + 3] << 8)];
        for (let i = 0; i < 16; i++) {
          const q = bytes[b + 4 + i];
          out[at + i] = d * (q & 15) + m;
          out[at + 16 + i] = d * (q >> 4) + m;
        }
      }
    },
  },
  Q5_0: {
    weights: 32,
    bytes: 22,
    decode(bytes, blocks, out, at) {
      const half = halves();
      for (let b = 0, k = 0; k < blocks; k++, b += 22, at += 32) {
        const d = half[bytes[b] | (bytes[b + 1] << 8)];
        const fifth = fifthBits(bytes, b + 2);
        for (let i = 0; i < 16; i++) {
          const q = bytes[b + 6 + i];
          out[at + i] = d * (((q & 15) | (((fifth >>> i) & 1) << 4)) - 16);
          out[at + 16 + i] = d * (((q >> 4) | (((fifth >>> (i + 16)) & 1) << 4)) - 16);
        }
      }
    },
  },
  Q5_1: {
    weights: 32,
    bytes: 24,
    decode(bytes, blocks, out, at) {
      const half = halves();
      for (let b = 0, k = 0; k < blocks; k++, b += 24, at += 32) {
        const d = half[bytes[b] | (bytes[b + 1] << 8)];
        const m = half[bytes[b + 2] | (bytes[b + 3] << 8)];
        const fifth = fifthBits(bytes, b + 4);
        for (let i = 0; i < 16; i++) {
          const q = bytes[b + 8 + i];
          out[at + i] = d * ((q & 15) | (((fifth >>> i) & 1) << 4)) + m;
          out[at + 16 + i] = d * ((q >> 4) | (((fifth >>> (i + 16)) & 1) << 4)) + m;
        }
      }
    },
  },
};

export function isStoredType(name: string): name is StoredType {
  return Object.hasOwn(formats, name);
}

/** Bytes of a tensor, or undefined if its rows are no whole number of blocks. */
export function storedBytes(type: StoredType, shape: readonly number[]): number | undefined {
  const { weights, bytes } = formats[type];
  if (shape[shape.length - 1] % weights !== 0) return undefined;
  return (shape.reduce((a, b) => a * b, 1) / weights) * bytes;
}

/**
 * Decodes `count` stored weights, whole blocks of them, to float32.
 * @param bytes as many as the weights take
 */
export function dequantise(type: StoredType, bytes: Uint8Array, count: number, out: Float32Array, at = 0): void {
  const format = formats[type];
  format.decode(bytes, count / format.weights, out, at);
}

function fifthBits(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

let table: Float32Array | undefined;

/** Every half-precision number by its bits (IEEE 754 binary16): looking one up is faster than building it. */
function halves(): Float32Array {
  if (table) return table;
  table = new Float32Array(1 << 16);
  for (let bits = 0; bits < 1 << 16; bits++) {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}
