import { visibleToken } from '../analysis/format.ts';
import type { NearTokens } from '../runtime/api.ts';
import { type CommonOptions, checkIds, loadEngine } from './common.ts';
import { UsageError } from './options.ts';
import { print, printJson, styled, table } from './terminal.ts';

export interface NeighboursOptions extends Omit<CommonOptions, 'ids' | 'file'> {
  id?: number;
  top: number;
}

/** The tokens whose rows of E and of U are like a token's own. */
export async function neighbours(options: NeighboursOptions): Promise<void> {
  const { text, top } = options;
  if ((options.id === undefined) === (text === undefined)) throw new UsageError('give one of --id and --text');
  const { engine, model } = await loadEngine(options);
  const id = options.id ?? (await oneToken(text!));
  checkIds(model, id);
  const found = await engine.neighbours({ id, top });
  const named = async ({ ids, cosines }: NearTokens) => {
    const pieces = await engine.pieces([...ids]);
    return pieces.map(({ text, bytes }, i) => ({
      id: ids[i],
      text,
      ...(bytes && { bytes: [...bytes] }),
      cosine: cosines[i],
    }));
  };
  const [E, U] = [await named(found.E), await named(found.U)];
  const [piece] = await engine.pieces([id]);
  if (options.json) {
    const token = { id, text: piece.text, ...(piece.bytes && { bytes: [...piece.bytes] }) };
    printJson({ model: model.name, token, tied: found.tied, E, U });
    return;
  }
  const columns = [{ title: 'E', align: 'left' as const }, { title: 'cosine' }];
  const both = [...columns, { title: 'U', align: 'left' as const }, { title: 'cosine' }];
  const cells = (list: typeof E, i: number) => [visibleToken(list[i]), list[i].cosine.toFixed(4)];
  print(
    table(
      found.tied ? columns : both,
      E.map((_, i) => [...cells(E, i), ...(found.tied ? [] : cells(U, i))]),
    ),
  );
  print(styled('dim', `nearest to ${visibleToken(piece)}${found.tied ? '; U is E' : ''}`));

  async function oneToken(text: string): Promise<number> {
    const tokens = (await engine.encode(text)).filter(({ start, end }) => end > start);
    if (tokens.length !== 1)
      throw new UsageError(`--text must be one token of this model, not ${tokens.length}: give it by --id`);
    return tokens[0].id;
  }
}
