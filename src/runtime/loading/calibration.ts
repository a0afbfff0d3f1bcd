import type { TransformerConfig } from '../../transformer/config.ts';
import type { ModelGraph } from '../../transformer/graph.ts';
import type { ModelGraphs } from '../../transformer/model.ts';
import { consecutive } from '../../transformer/positions.ts';
import type { EmbeddingRows } from '../../weights/source.ts';
import { blockFeeds, embed, LayerTensors } from '../running/blockFeeds.ts';
import { floatData, floatTensor, int64Tensor, type Outputs, Session } from '../sessions.ts';
import { graphWeights, pointMagnitudes, type ReadWeight } from './graphWeights.ts';
import { columnMagnitudes, divisors, joinShared } from './smoothing.ts';

/**
 * Carries a calibration text through the model in float32, block by block as they are loaded, and notes how large each
 * channel's activations get. No second model is needed: a block is there in float32 only until it is quantised.
 */
export class Calibration {
  private resid: Float32Array;
  private readonly tensors: LayerTensors;
  private readonly count: number;

  /**
   * @param graphs in float32
   * @param positions learned positions, [contextLength, d]
   * @param ids the text's tokens
   */
  constructor(
    private readonly config: TransformerConfig,
    private readonly graphs: ModelGraphs,
    embedding: EmbeddingRows,
    positions: Float32Array | undefined,
    ids: readonly number[],
  ) {
    const at = consecutive(0, ids.length);
    this.count = ids.length;
    this.resid = embed(config, embedding, positions, ids, at);
    this.tensors = new LayerTensors(config, at);
  }

  /** Runs block `l` on the text. @returns its divisors by smoothing point */
  async block(l: number, read: ReadWeight): Promise<Map<string, Float32Array>> {
    const graph = this.graphs.blocks[l];
    const none = { k: new Float32Array(0), v: new Float32Array(0) };
    return this.measured(graph, read, ['hook_resid_post'], async (session, fetch) => {
      const outputs = await session.run(blockFeeds(this.config, l, this.tensors, this.resid, none), fetch);
      this.resid = floatData(outputs, 'hook_resid_post');
      return outputs;
    });
  }

  /** Divisors of the unembedding's input, after the last block. */
  async unembedding(read: ReadWeight): Promise<Map<string, Float32Array>> {
    const graph = this.graphs.unembed;
    const feeds = {
      resid: floatTensor(this.resid, [this.count, this.config.dModel]),
      target: int64Tensor(new Int32Array(this.count), [this.count, 1]),
      k: int64Tensor([1], [1]),
    };
    return this.measured(graph, read, [], (session, fetch) => session.run(feeds, fetch));
  }

  private async measured(
    graph: ModelGraph,
    read: ReadWeight,
    also: readonly string[],
    run: (session: Session, fetch: string[]) => Promise<Outputs>,
  ): Promise<Map<string, Float32Array>> {
    const session = await Session.create(graph.encode(), await graphWeights(graph, read, 'fp32'));
    try {
      const outputs = await run(session, [...graph.smoothingPoints.map(({ hook }) => hook), ...also]);
      const found = new Map<string, Float32Array>();
      for (const point of graph.smoothingPoints) {
        const seen = joinShared(columnMagnitudes(floatData(outputs, point.hook), point.columns), point);
        found.set(point.name, divisors(seen, await pointMagnitudes(graph, point.name, read)));
      }
      return found;
    } finally {
      await session.release();
    }
  }
}
