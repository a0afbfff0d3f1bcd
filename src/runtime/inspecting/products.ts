import { GraphBuilder } from '../../transformer/builder.ts';
import { floatData, floatTensor, Session } from '../sessions.ts';

/** A B of two matrices, or A^T B: as fast as the model's own products. */
export class Product {
  private constructor(private readonly session: Session) {}

  static async create(transposed = false): Promise<Product> {
    const g = new GraphBuilder('product');
    const a = g.input('a', 'float', transposed ? ['k', 'm'] : ['m', 'k']);
    const b = g.input('b', 'float', ['k', 'n']);
    g.output('product', g.matMul(transposed ? g.transpose(a, [1, 0]) : a, b), 'float', ['m', 'n']);
    return new Product(await Session.create(g.encode(), new Map()));
  }

  /** @param rows of a, as it is given @param columns of b */
  async of(a: Float32Array, rows: number, b: Float32Array, columns: number): Promise<Float32Array> {
    const feeds = {
      a: floatTensor(a, [rows, a.length / rows]),
      b: floatTensor(b, [b.length / columns, columns]),
    };
    return floatData(await this.session.run(feeds, ['product']), 'product');
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
