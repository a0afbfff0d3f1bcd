/** Finds the rows of a matrix that point most in one direction, by cosine. */
export class Nearest {
  private readonly ids: number[] = [];
  private readonly cosines: number[] = [];
  private readonly length: number;

  /**
   * @param row the direction
   * @param own a row that is left out
   * @param top how many are wanted
   */
  constructor(
    private readonly row: Float32Array,
    private readonly own: number,
    private readonly top: number,
  ) {
    this.length = Math.hypot(...row);
  }

  /** @param rows of the matrix, the first of which is row `from` */
  add(rows: Float32Array, width: number, from: number): void {
    for (let at = 0; at < rows.length; at += width) {
      const id = from + at / width;
      if (id === this.own) continue;
      let product = 0;
      let squares = 0;
      for (let i = 0; i < width; i++) {
        const x = rows[at + i];
        product += x * this.row[i];
        squares += x * x;
      }
      const lengths = Math.sqrt(squares) * this.length;
      this.place(id, lengths > 0 ? product / lengths : 0);
    }
  }

  /** The nearest first; of equal ones the smaller id. */
  list(): { ids: Int32Array; cosines: Float64Array } {
    return { ids: Int32Array.from(this.ids), cosines: Float64Array.from(this.cosines) };
  }

  private place(id: number, cosine: number): void {
    const { ids, cosines, top } = this;
    if (ids.length === top && !(cosine > cosines[top - 1])) return;
    let at = ids.length;
    while (at > 0 && cosine > cosines[at - 1]) at--;
    ids.splice(at, 0, id);
    cosines.splice(at, 0, cosine);
    if (ids.length > top) {
      ids.pop();
      cosines.pop();
    }
  }
}
