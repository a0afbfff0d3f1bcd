import type { TransformerConfig } from './config.ts';

/**
 * Hook points: the named places of a run where values can be read, with TransformerLens' names. Shapes are for one
 * sequence of n tokens.
 */
export type HookShape = (n: number) => number[];

/** Hook points inside a block, named without "blocks.{l}.", in the order of the computation. */
export function blockHooks(config: TransformerConfig): Map<string, HookShape> {
  const { dModel: d, nHeads: H, nKvHeads: KV, dHead, dMlp } = config;
  const hooks: [string, HookShape][] = [
    ['hook_resid_pre', (n) => [n, d]],
    ['ln1.hook_normalized', (n) => [n, d]],
    ['attn.hook_q', (n) => [n, H, dHead]],
    ['attn.hook_k', (n) => [n, KV, dHead]],
    ['attn.hook_v', (n) => [n, KV, dHead]],
  ];
  if (config.positions.kind === 'rotary') {
    hooks.push(['attn.hook_rot_q', (n) => [n, H, dHead]], ['attn.hook_rot_k', (n) => [n, KV, dHead]]);
  }
  hooks.push(
    ['attn.hook_attn_scores', (n) => [H, n, n]],
    ['attn.hook_pattern', (n) => [H, n, n]],
    ['attn.hook_z', (n) => [n, H, dHead]],
    ['hook_attn_out', (n) => [n, d]],
    ['hook_resid_mid', (n) => [n, d]],
    ['ln2.hook_normalized', (n) => [n, d]],
    ['mlp.hook_pre', (n) => [n, dMlp]],
    ['mlp.hook_post', (n) => [n, dMlp]],
    ['hook_mlp_out', (n) => [n, d]],
    ['hook_resid_post', (n) => [n, d]],
  );
  return new Map(hooks);
}

/** Every hook point of a model, in the order of the computation. */
export function allHooks(config: TransformerConfig): Map<string, HookShape> {
  const { dModel: d, vocabSize: V } = config;
  const hooks = new Map<string, HookShape>([['hook_embed', (n) => [n, d]]]);
  if (config.positions.kind === 'learned') hooks.set('hook_pos_embed', (n) => [n, d]);
  const inBlock = blockHooks(config);
  for (let l = 0; l < config.nLayers; l++) {
    for (const [name, shape] of inBlock) hooks.set(`blocks.${l}.${name}`, shape);
  }
  hooks.set('ln_final.hook_normalized', (n) => [n, d]);
  hooks.set('logits', (n) => [n, V]);
  return hooks;
}

/**
 * The hook points that names or globs ask for (`*` stands for any run of characters), in the order of the computation.
 * @throws RangeError for a name that fits none
 */
export function matchHooks(config: TransformerConfig, globs: readonly string[]): string[] {
  const known = [...allHooks(config).keys()];
  const wanted = new Set<string>();
  for (const glob of globs) {
    const pieces = glob.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = new RegExp(`^${pieces.join('.*')}$`);
    const found = known.filter((name) => pattern.test(name));
    if (found.length === 0) throw new RangeError(`no hook point of this model fits "${glob}"`);
    for (const name of found) wanted.add(name);
  }
  return known.filter((name) => wanted.has(name));
}

/** Splits `blocks.3.attn.hook_z` into the layer and the name inside the block; undefined for hooks outside blocks. */
export function parseBlockHook(name: string): { layer: number; inBlock: string } | undefined {
  const match = /^blocks\.(\d+)\.(.+)$/.exec(name);
  return match ? { layer: Number(match[1]), inBlock: match[2] } : undefined;
}
