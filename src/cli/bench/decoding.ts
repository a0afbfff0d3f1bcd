import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../runtime/engine.ts';
import { packageRoot } from '../common.ts';
import type { Figures } from './figures.ts';
import { drain, greedy, median, time } from './timing.ts';

const PROMPTS: Record<string, string> = {
  Python: `def area_of_square(side):
    """Return the area of a square."""
    return side * side


def area_of_circle(radius):
    """Return the area of a circle."""
    return 3.14159 * radius * radius


def area_of_triangle(base, height):
    """Return the area of a triangle."""
    return`,
  'Python tests': `import unittest

class TestAdd(unittest.TestCase):
    def test_zero(self):
        self.assertEqual(add(0, 0), 0)

    def test_one(self):
        self.assertEqual(add(1, 0), 1)

    def test_two(self):
        self.assertEqual(`,
  TypeScript: `export interface Point {
  x: number;
  y: number;
}

export function add(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}

export function subtract(a: Point, b: Point): Point {`,
  'a list': `- Paris is the capital of France.
- Rome is the capital of Italy.
- Madrid is the capital of Spain.
- Lisbon is the capital of`,
  prose: 'The old lighthouse keeper climbed the stairs every evening, lit the lamp, and looked out over the sea.',
  dialogue: '"Where are you going?" asked the fox. "I am going to the river," said the hare. "Why are you going',
};
const TOKENS = 64;
const BRANCHES = 4;

/** Greedy decoding with look-up speculation beside plain decoding, prompt by prompt, and branches in lockstep. */
export async function benchDecoding(figures: Figures, engine: Engine, repeat: number): Promise<void> {
  const licence = await readFile(join(packageRoot(), 'media/models/LICENSE'), 'utf8');
  const texts = { ...PROMPTS, 'a licence': licence.slice(0, 1200) };
  const speedUps: number[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const ids = (await engine.encode(text)).map(({ id }) => id);
    const request = { ids, maxTokens: TOKENS, ...greedy };
    await drain(engine.run({ ids, topK: 0 }));
    let [proposed, kept, lastProposed] = [0, 0, 0];
    const plain: number[] = [];
    const quick: number[] = [];
    // In turn, so that a machine that slows down slows both.
    for (let i = 0; i < repeat; i++) {
      plain.push(await time(() => drain(engine.generate({ ...request, plainDecoding: true }))));
      quick.push(await time(() => drain(engine.generate(request))));
    }
    for await (const token of engine.generate(request)) {
      if (token.proposed && lastProposed === 0) {
        proposed += token.proposed;
        kept += token.kept!;
        lastProposed = token.kept! + 1;
      }
      lastProposed = Math.max(0, lastProposed - 1);
    }
    const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
    speedUps.push(middle(plain) / middle(quick));
    const share = proposed > 0 ? `, ${Math.round((100 * kept) / proposed)} % of ${proposed} proposals kept` : '';
    figures.add(`64 tokens by look-up: ${name}${share}`, middle(plain), 'ms', 'with look-up', middle(quick));
  }
  const mean = speedUps.reduce((a, b) => a + b) / speedUps.length;
  figures.add('mean speed-up of look-up', mean, 'x', 'plain decoding', 1);

  const ids = (await engine.encode(PROMPTS.prose)).map(({ id }) => id);
  await drain(engine.run({ ids, topK: 0 }));
  const branches = (count: number) =>
    median(repeat, () => time(() => drain(engine.branches({ ids, count, maxTokens: 16 }))));
  const one = await branches(1);
  figures.add(`${BRANCHES} branches of 16 tokens in lockstep`, await branches(BRANCHES), 'ms', 'one branch', one);
}
