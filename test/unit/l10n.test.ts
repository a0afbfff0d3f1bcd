import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from '../../scripts/lib/paths.ts';

const json = (file: string): Record<string, unknown> => JSON.parse(readFileSync(inRoot(file), 'utf8'));

/** The first argument of each l10n.t call in the rooms that speak to the person. */
function spoken(): Set<string> {
  const sentences = new Set<string>();
  for (const folder of ['src/explore', 'src/editor', 'src/panel']) {
    for (const file of readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(inRoot(join(folder, file)), 'utf8');
      for (const [, quote, text] of source.matchAll(/l10n\.t\(\s*(['"])((?:\\.|(?!\1).)*)\1/g)) {
        sentences.add(text.replaceAll(`\\${quote}`, quote));
      }
    }
  }
  return sentences;
}

describe('sentences to translate', () => {
  it('the bundle holds just those that the code says', () => {
    const bundle = json('l10n/bundle.l10n.json');
    assert.deepEqual(Object.keys(bundle).sort(), [...spoken()].sort());
    for (const [key, text] of Object.entries(bundle)) assert.equal(text, key);
  });

  it('package.nls.json holds just those that package.json names', () => {
    const names = readFileSync(inRoot('package.json'), 'utf8').matchAll(/"%([^%"]+)%"/g);
    assert.deepEqual(Object.keys(json('package.nls.json')).sort(), [...names].map(([, name]) => name).sort());
  });
});
