import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suggest } from '../../continuations/suggester.ts';
import type { Engine } from '../../runtime/engine.ts';
import { packageRoot } from '../common.ts';
import type { Figures } from './figures.ts';
import { decodeTime } from './runs.ts';
import { drain, median, time } from './timing.ts';

const CONTEXT = 256;
const TOKENS = 8;
const ALTERNATIVES = 3;

const REPEATED = ['circle', 'square', 'triangle', 'cube', 'sphere', 'cone', 'cylinder', 'pyramid', 'prism', 'torus']
  .map(
    (name) => `def area_of_${name}(${name}):\n    """Return the area of a ${name}."""\n    return ${name}.area()\n\n\n`,
  )
  .join('');

/** Ghost text from the call of its provider to its answer, the context in the cache, beside as many single decodes. */
export async function benchSuggesting(figures: Figures, engine: Engine, repeat: number): Promise<void> {
  const prose = await readFile(join(packageRoot(), 'examples/prose.md'), 'utf8');
  const texts = { prose, 'code that repeats': `${REPEATED}def area_of_ring(ring):\n    """` };
  for (const [name, text] of Object.entries(texts)) {
    const all = await engine.encode(text);
    // The end of the code, the beginning of the prose.
    const tokens = name === 'prose' ? all.slice(0, CONTEXT) : all.slice(-CONTEXT);
    const before = text.slice(tokens[0].start, tokens[tokens.length - 1].end);
    const ids = (await engine.encode(before)).map(({ id }) => id);
    await drain(engine.run({ ids, topK: 0 }));
    const { bare } = await decodeTime(engine, ids, 4 * repeat + 2);
    for (const count of [1, ALTERNATIVES]) {
      const around = { lineBefore: '', lineAfter: '', nextLine: '', multiline: true, lineEnd: '\n' as const };
      const request = { before, after: '', around, count, maxTokens: TOKENS };
      const { signal } = new AbortController();
      const took = await median(repeat, () => time(() => suggest(engine, request, { limit: 2 * CONTEXT }, signal)));
      const what = count === 1 ? 'one suggestion' : `${count} alternatives`;
      figures.add(
        `ghost text of ${TOKENS} tokens, ${what}: ${name}`,
        took,
        'ms',
        `${TOKENS} decodes bare`,
        TOKENS * bare,
      );
    }
  }
}
