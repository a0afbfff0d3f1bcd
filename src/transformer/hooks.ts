import type { Dim } from './builder.ts';
import type { TransformerConfig } from './config.ts';
import { modelGraphs } from './model.ts';

/**
 * Hook points: the named places of a run where values can be read, with TransformerLens' names, as the graphs declare
 * them. Shapes are for one sequence of n tokens.
 */
export type HookShape = (n: number) => number[];

/** Every hook point of a model, in the order of the computation. */
export function hookPoints(config: TransformerConfig): Map<string, HookShape> {
  const { dModel: d, learnedPositions } = config;
  const { blocks, unembed } = modelGraphs(config, 'fp32');
  const points = new Map<string, HookShape>([['hook_embed', (n) => [n, d]]]);
  if (learnedPositions) points.set('hook_pos_embed', (n) => [n, d]);
  blocks.forEach((graph, l) => {
    for (const [name, shape] of graph.hooks) points.set(`blocks.${l}.${name}`, shapeOf(shape));
  });
  for (const [name, shape] of unembed.hooks) points.set(name, shapeOf(shape));
  return points;
}

/** Without a past all symbols stand for the number of tokens. */
const shapeOf =
  (shape: readonly Dim[]): HookShape =>
  (n) =>
    shape.map((dim) => (typeof dim === 'number' ? dim : n));

/**
 * The hook points that names or globs ask for (`*` stands for any run of characters), in the order of the computation.
 * @throws RangeError for a name that fits none
 */
export function matchHooks(known: Iterable<string>, globs: readonly string[]): string[] {
  const names = [...known];
  const wanted = new Set<string>();
  for (const glob of globs) {
    const found = names.filter((name) => fits(name, glob));
    if (found.length === 0) throw new RangeError(`no hook point of this model fits "${glob}"`);
    for (const name of found) wanted.add(name);
  }
  return names.filter((name) => wanted.has(name));
}

/** The first place for each piece is as good as any other: no way back is ever needed. */
function fits(name: string, glob: string): boolean {
  const [first, ...rest] = glob.split('*');
  if (rest.length === 0) return name === glob;
  const last = rest.pop()!;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

/** Splits `blocks.3.attn.hook_z` into the layer and the name inside the block; undefined for hooks outside blocks. */
export function parseBlockHook(name: string): { layer: number; inBlock: string } | undefined {
  const match = /^blocks\.(\d+)\.(.+)$/.exec(name);
  return match ? { layer: Number(match[1]), inBlock: match[2] } : undefined;
}

/** Names inside the blocks, by layer; hooks outside blocks are left out. */
export function hooksByLayer(hooks: readonly string[]): Map<number, string[]> {
  const layers = new Map<number, string[]>();
  for (const name of hooks) {
    const block = parseBlockHook(name);
    if (block) layers.set(block.layer, [...(layers.get(block.layer) ?? []), block.inBlock]);
  }
  return layers;
}
