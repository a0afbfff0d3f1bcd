import assert from 'node:assert/strict';
import { drive } from './drive.ts';
import { ask, closeAll, event, explore, Heard, openText, publicApi, setting, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';

describe('a model that is not used', () => {
  afterEach(async () => {
    await setting('unloadAfterMinutes', undefined);
    await closeAll();
  });

  it('is unloaded; numbers that are shown stay, and a question loads it again', async () => {
    const api = await testApi();
    const heard = new Heard(api);
    await openText(SENTENCE);
    await explore();
    const { run } = await heard.done();
    const shown = () => Array.from(document.querySelectorAll('.token'), (token) => token.getAttribute('aria-label'));
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
    const before = await drive.webview.eval(shown);
    assert.ok(before.some((label) => /rank \d/.test(label ?? '')));
    const off = event(api.engine.onDidChangeState, ({ state }) => state === 'off');
    await setting('unloadAfterMinutes', 0.001);
    await (await publicApi()).tokens('A use.');
    await off;
    assert.equal(api.engine.loaded, undefined);
    assert.deepEqual(await drive.webview.eval(shown), before);
    const { shape } = await ask(api, heard, run, { kind: 'pattern', layer: 7 });
    assert.deepEqual(shape, [9, 12, 12]);
    heard.dispose();
  });
});
