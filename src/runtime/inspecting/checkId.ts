/** @throws RangeError for an id that a vocabulary has not */
export function checkId(id: number, vocabSize: number): void {
  if (!Number.isInteger(id) || id < 0 || id >= vocabSize)
    throw new RangeError(`token ${id} does not exist: the vocabulary has ids 0 to ${vocabSize - 1}`);
}
