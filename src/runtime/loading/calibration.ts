import { blockGraph } from '../../transformer/block.ts';
import { GraphBuilder } from '../../transformer/builder.ts';
import type { TransformerConfig } from '../../transformer/config.ts';
import { norm } from '../../transformer/norm.ts';
import type { EmbeddingRows } from '../../weights/source.ts';
import { createSession, type TypedArray } from '../ort.ts';
import { addPositions, chunkInputs, embed, floatData, floatTensor, runBlock } from '../running/forward.ts';
import { blockDivisors, packBlock, type RawBlock } from './blockWeights.ts';
import { type BlockSmoothing, columnMagnitudes, divisors } from './smoothing.ts';

const SEEN = ['ln1.hook_normalized', 'attn.hook_z', 'ln2.hook_normalized', 'mlp.hook_post'] as const;

/**
 * Carries a calibration text through the model in float32, block by block as they are loaded, and notes how large each
 * channel's activations get. No second model is needed: a block is there in float32 only until it is quantised.
 */
export class Calibration {
  private resid: Float32Array;
  private readonly graph: Uint8Array;

  /**
   * @param ids the text's tokens
   * @param positions learned positions, [contextLength, d]
   */
  constructor(
    private readonly config: TransformerConfig,
    embedding: EmbeddingRows,
    positions: Float32Array | undefined,
    ids: readonly number[],
  ) {
    this.resid = embed(embedding, ids, config.dModel);
    if (positions) addPositions(this.resid, positions, 0, config.dModel);
    this.graph = blockGraph(config, 'fp32').encode();
  }

  /** Runs block `l` on the text and works out its divisors. `raw` is left as it is. */
  async block(raw: RawBlock, l: number): Promise<BlockSmoothing> {
    const { config } = this;
    const session = await createSession(this.graph, await packBlock(raw, l, config, 'fp32'));
    try {
      const chunk = chunkInputs(config, 0, this.resid.length / config.dModel);
      const none = { k: new Float32Array(0), v: new Float32Array(0) };
      const outputs = await runBlock(session, config, chunk, this.resid, none, [...SEEN, 'hook_resid_post']);
      this.resid = floatData(outputs, 'hook_resid_post');
      const widths = [config.dModel, config.nHeads * config.dHead, config.dModel, config.dMlp];
      const [ln1, z, ln2, post] = SEEN.map((name, i) => columnMagnitudes(floatData(outputs, name), widths[i]));
      return blockDivisors(raw, { ln1, z, ln2, post }, config);
    } finally {
      await session.release();
    }
  }

  /**
   * Divisors of the unembedding's input, after the last block.
   * @param weights of the final norm, by graph name
   * @param U [vocab, d]
   */
  async final(weights: ReadonlyMap<string, TypedArray>, U: Float32Array): Promise<Float32Array> {
    const d = this.config.dModel;
    const g = new GraphBuilder('final norm');
    g.output('normalized', norm(g, g.input('resid', 'float', ['n', d]), 'ln_final', this.config), 'float', ['n', d]);
    const session = await createSession(g.encode(), weights);
    try {
      const outputs = await session.run({ resid: floatTensor(this.resid, [this.resid.length / d, d]) });
      return divisors(columnMagnitudes(floatData(outputs, 'normalized'), d), columnMagnitudes(U, d));
    } finally {
      await session.release();
    }
  }
}
