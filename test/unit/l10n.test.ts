import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from '../../scripts/lib/paths.ts';

const json = (file: string): Record<string, unknown> => JSON.parse(readFileSync(inRoot(file), 'utf8'));

const rooms = {
  'src/explore': /\bl10n\.t\(/g,
  'src/editor': /\bl10n\.t\(/g,
  'src/panel': /\bl10n\.t\(/g,
  webview: /\bt(?:Nodes)?\((?!message)/g,
};

/** The first argument of each call that says a sentence, in the rooms that speak to the person. */
function spoken(): Set<string> {
  const sentences = new Set<string>();
  for (const [room, call] of Object.entries(rooms)) {
    for (const file of readdirSync(inRoot(room), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(inRoot(join(room, file)), 'utf8');
      for (const { index, 0: begin } of source.matchAll(call)) {
        const written = /^\s*(['"])((?:\\.|(?!\1).)*)\1\s*[,)]/.exec(source.slice(index + begin.length));
        assert.ok(written, `${join(room, file)}: no plain string at ${source.slice(index, index + 60)}`);
        const [, quote, text] = written;
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
