import * as z from 'zod';
import type { PageMessage, PageState } from './protocol.ts';
import { questionSchema } from './questions/index.ts';
import { whole } from './questions/subject.ts';

const run = whole;
const position = whole;

export const pageStateSchema = z.object({
  document: z.object({ uri: z.string().max(8192), start: whole, end: whole }).optional(),
  chosen: whole.optional(),
  view: z.string().max(100),
  layer: whole.optional(),
  head: whole.optional(),
  sampling: z.object({
    temperature: z.number().min(0).max(1e6),
    topK: whole,
    topP: z.number().min(0).max(1),
  }),
  depth: z.string().max(100).optional(),
  logitOf: z.string().max(100).optional(),
  mid: z.boolean().optional(),
  token: whole.optional(),
  pinned: z.boolean(),
  attention: z
    .object({
      measure: z.string().max(100),
      times: z.boolean(),
      withoutFirst: z.boolean(),
      arcs: z.boolean().optional(),
      compared: z.object({ layer: whole, head: whole }).nullable(),
      step: whole.optional(),
    })
    .optional(),
  patching: z
    .object({
      other: z.string().max(10_000),
      swap: z.boolean(),
      at: z.string().max(100),
      pair: z.object({ answer: whole, against: whole }).optional(),
    })
    .optional(),
}) satisfies z.ZodType<PageState>;

/** Parts of a model that are switched off. */
export const partsSchema = z
  .array(z.object({ layer: whole, part: z.union([whole, z.enum(['attn', 'mlp'])]) }))
  .max(20_000);

/** Figures and tables, not films. */
const MOST_BYTES = 256 * 2 ** 20;

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('hover'), run, position: position.nullable(), target: position.optional() }),
  z.object({ type: z.literal('choose'), run, position }),
  z.object({ type: z.literal('chooseHead'), run, layer: whole, head: whole }),
  z.object({ type: z.literal('lock'), token: z.boolean(), head: z.boolean() }),
  z.object({
    type: z.literal('attend'),
    run,
    position,
    weights: z.instanceof(Float32Array<ArrayBuffer>).optional(),
    max: z.number().min(0),
  }),
  z.object({ type: z.literal('tryCandidate'), run, position, id: whole }),
  z.object({ type: z.literal('preview'), run, position, ids: z.array(whole).max(64).nullable() }),
  z.object({ type: z.literal('putIn'), run, position, ids: z.array(whole).min(1).max(64) }),
  z.object({ type: z.literal('undo') }),
  z.object({ type: z.literal('ask'), run, id: whole, question: questionSchema }),
  z.object({ type: z.literal('cancel'), run }),
  z.object({ type: z.literal('rerun') }),
  z.object({ type: z.literal('pin'), pinned: z.boolean() }),
  z.object({ type: z.literal('kept'), state: pageStateSchema }),
  z.object({ type: z.literal('tour'), step: whole.nullable() }),
  z.object({ type: z.literal('headExample'), layer: whole, head: whole }),
  z.object({
    type: z.literal('switchOff'),
    parts: partsSchema,
    mean: z.boolean(),
  }),
  z.object({ type: z.literal('openExample') }),
  z.object({ type: z.literal('focusEditor') }),
  z.object({ type: z.literal('help'), topic: z.string().regex(/^[a-z][a-z-]{0,40}$/) }),
  z.object({ type: z.literal('openSettings'), query: z.string().max(200) }),
  z.object({
    type: z.literal('save'),
    name: z.string().max(200),
    mime: z.enum(['image/png', 'image/svg+xml', 'text/csv', 'application/json']),
    data: z.instanceof(Uint8Array).refine((data) => data.byteLength <= MOST_BYTES),
  }),
]) satisfies z.ZodType<PageMessage>;

/** A message of the page, checked; or what is wrong with it. */
export function readPageMessage(value: unknown): { message: PageMessage } | { problem: string } {
  const result = message.safeParse(value);
  if (result.success) return { message: result.data };
  return { problem: z.prettifyError(result.error).slice(0, 500) };
}

/** What the page kept over a window reload; undefined if it is none of ours. */
export function readPageState(value: unknown): PageState | undefined {
  return pageStateSchema.safeParse(value).data;
}
