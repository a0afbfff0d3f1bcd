/** What is known of the loaded model: its shape, and how many numbers it is made of. */
import * as z from 'zod';
import type { ModelInfo } from '../../runtime/api.ts';
import type { Subject } from './subject.ts';

export const schema = z.object({ kind: z.literal('facts') });

export type Result = Omit<ModelInfo, 'path' | 'fillIn' | 'eosIds'>;

export const atMost = 1;

export async function handle(_: z.infer<typeof schema>, { model }: Subject): Promise<Result> {
  const { path, fillIn, eosIds, ...facts } = model;
  return facts;
}
