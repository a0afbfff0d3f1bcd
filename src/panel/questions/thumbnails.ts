/** All heads of one layer as thumbnails: bytes, so that those of all layers travel. */
import * as z from 'zod';
import { type Thumbnails, thumbnails } from '../../analysis/thumbnails.ts';
import { check } from './pattern.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('thumbnails'), layer: whole });

export type Result = Thumbnails;

/** The page asks for the layers one after the other. */
export const atMost = 4;

/** Rows and columns of a thumbnail at most. */
const SIDE = 256;

/** @throws as the question for a layer's pattern */
export async function handle(
  { layer }: z.infer<typeof schema>,
  subject: Subject,
  signal: AbortSignal,
): Promise<Result> {
  check(layer, subject);
  return thumbnails(await subject.pattern(layer, signal), SIDE);
}
