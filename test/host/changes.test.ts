import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ScoredRun } from '../../src/explore/scoredRun.ts';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { ask, closeAll, event, explore, Heard, openText, testApi } from './explore.ts';
import { GhostWindow } from './ghostWindow.ts';

const HEADS = [
  [18, 6],
  [17, 3],
  [17, 4],
  [17, 5],
  [18, 7],
].map(([layer, part]) => ({ layer, part }));
/** What comes twice is what these heads are for. */
const ONCE = 'Zorn plim quate brisk ovel tand; murl fosk welt grane pish dolt. ';
const TEXT = ONCE + ONCE;

describe('a model of which parts are switched off', () => {
  let api: TestApi;
  let heard: Heard;

  before(async () => {
    api = await testApi();
  });

  beforeEach(() => {
    heard = new Heard(api);
  });

  afterEach(async () => {
    api.heatmap.set(false);
    api.changes.restore();
    heard.dispose();
    await closeAll();
  });

  /** Waits for the next run of the one text to end. */
  const finished = () => event<ScoredRun>((hear) => vscode.Disposable.from(api.texts.all[0].read({ finished: hear })));

  it('panel, heatmap, its totals, lens and status bar speak of it; restored, the old numbers come back without a run', async () => {
    await openText(TEXT);
    await explore();
    const plain = await heard.done();
    api.heatmap.set(true);
    const [text] = api.texts.all;
    const before = [...text.run!.scores.logprob];
    assert.equal(plain.before, undefined);
    assert.equal(api.changesItem.text, undefined);

    const changed = finished();
    await api.changes.switchOff(HEADS);
    const run = await changed;
    const after = [...run.scores.logprob];
    const second = (logprobs: number[]) => logprobs.slice(Math.ceil(logprobs.length / 2)).reduce((a, b) => a - b, 0);
    assert.ok(second(after) > second(before) + 5, `${second(before)} to ${second(after)}`);
    assert.deepEqual([...run.before!.logprob], before);
    const done = await heard.next('done', ({ before: unchanged }) => unchanged !== undefined);
    assert.equal(done.before!.meanSurprisal, plain.totals.meanSurprisal);
    assert.ok(done.totals.meanSurprisal! > plain.totals.meanSurprisal!);
    assert.deepEqual(heard.last('changed').parts.length, 5);
    assert.match(api.changesItem.text!, /5 parts off/);
    assert.match(api.heatStatus.text, /→/);

    // The lens, and all else that the page asks, is of the changed model.
    const last = run.ids.length - 1;
    const lens = await ask(api, heard, done.run, { kind: 'lens', from: last - 1, count: 1 });
    assert.ok(Math.abs(lens.targetLogprob.at(-1)! - after[last]) < 1e-4);
    const difference = await ask(api, heard, done.run, { kind: 'difference', position: last - 1 });
    assert.deepEqual([...difference.logprob], before);

    const client = api.engine.loaded!.engine;
    const { run: runs } = client;
    const cached: boolean[] = [];
    client.run = async function* (request, signal) {
      for await (const chunk of runs.call(client, request, signal)) {
        cached.push(chunk.cached);
        yield chunk;
      }
    };
    try {
      const restored = finished();
      api.changes.restore();
      assert.deepEqual([...(await restored).scores.logprob], before);
    } finally {
      client.run = runs;
    }
    assert.ok(cached.every(Boolean), 'what was computed is still there');
    assert.equal(api.changesItem.text, undefined);
    assert.doesNotMatch(api.heatStatus.text, /→/);
    assert.equal(heard.last('changed').parts.length, 0);
  });

  it('ghost text speaks of it', async () => {
    const ghost = await GhostWindow.open();
    try {
      await ghost.write(`${ONCE}Zorn plim quate`);
      const plain = await ghost.suggest();
      assert.ok(plain.state === 'shown');
      await api.changes.switchOff(HEADS);
      await drive.press('Escape');
      const changed = await ghost.suggest();
      assert.ok(changed.state === 'shown');
      assert.notEqual(changed.suggestion.meanProbability, plain.suggestion.meanProbability);
      api.changes.restore();
      await drive.press('Escape');
      const restored = await ghost.suggest();
      assert.ok(restored.state === 'shown');
      assert.equal(restored.suggestion.meanProbability, plain.suggestion.meanProbability);
    } finally {
      ghost.dispose();
    }
  });

  it('a part that the model has not is left out, and one said twice is said once', async () => {
    await api.changes.switchOff([
      { layer: 99, part: 'mlp' },
      { layer: 2, part: 3 },
      { layer: 2, part: 'attn' },
      { layer: 1, part: 99 },
    ]);
    assert.deepEqual(api.changes.state.parts, [{ layer: 2, part: 'attn' }]);
  });

  it('the header has a badge whose click restores the model', async () => {
    await openText(TEXT);
    await explore();
    await heard.done();
    await api.changes.switchOff(HEADS, true);
    await drive.webview.waitFor(() => document.querySelector('.changes')?.textContent === '5 heads off ✕');
    const restored = event<unknown>((hear) => vscode.Disposable.from(api.changes.onDidChange(hear)));
    await drive.webview.click('.changes');
    await restored;
    await drive.pointAtNothing();
    assert.equal(api.changes.state.parts.length, 0);
    await drive.webview.waitFor(() => document.querySelector<HTMLElement>('.changes')?.hidden);
  });
});
