import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import { whole } from '../questions/subject.ts';
import { pageStateSchema, partsSchema } from '../validate.ts';

/** Bytes of a session file at most: its text is what a model takes in, its settings are few. */
export const LARGEST_SESSION = 8 << 20;

/** What is explored, and how it is looked at: enough for somebody else to see the same. */
const session = z.object({
  /** Version of the file. */
  tokenscope: z.literal(1),
  model: z.object({ name: z.string().max(1000), precision: z.enum(['int8', 'fp32']), parameters: z.number() }),
  document: z.object({ name: z.string().max(1000), language: z.string().max(100) }),
  /** The explored text. */
  text: z.string().max(LARGEST_SESSION),
  /** Tokens it had: another tokenizer cuts it otherwise. */
  tokens: whole,
  chosen: whole,
  page: pageStateSchema,
  switchedOff: z.object({ parts: partsSchema, mean: z.boolean() }),
});

export type Session = z.infer<typeof session>;

export const writeSession = (value: Session): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** @throws TokenscopeError for what is no session, or of a later version */
export function readSession(text: string, where: string): Session {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TokenscopeError('It is not JSON.', where, 'Choose a file that was saved as a session.', { cause: error });
  }
  const read = session.safeParse(value);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  const what = path[0] === 'tokenscope' ? 'It is no session of this version.' : `${path.join('.')}: ${message}.`;
  throw new TokenscopeError(what, where, 'Choose a file that was saved as a session.');
}
