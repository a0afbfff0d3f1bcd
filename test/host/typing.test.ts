import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard } from './explore.ts';
import { GhostWindow, textBecomes } from './ghostWindow.ts';
import { sampleHost } from './ownTime.ts';
import { Painted } from './painted.ts';

const BEFORE = 'Paris is the capital of France.\nRome is the capital of Italy.\n';
const AFTER = '\n\nThat is the list.';
/** After each the person waits for what is suggested. */
const TYPED = [
  'Madrid is the capital of ',
  'Spain, and Athens is the capital of Greece. The old keeper climbed the stairs ',
  'every evening, lit the lamp, and sat down to write a letter. Berlin is the capital of ',
  'Germany, as is known.',
];
const MS_PER_KEY = 60;
/** What ghost text takes for a pause in typing. */
const PAUSE_MS = 100;

describe('typing with everything on', () => {
  let ghost: GhostWindow;
  let heard: Heard;
  const editor = vscode.workspace.getConfiguration('editor');
  const quickSuggestions = (value: unknown) =>
    editor.update('quickSuggestions', value, vscode.ConfigurationTarget.Global);

  before(async () => {
    ghost = await GhostWindow.open();
    heard = new Heard(ghost.api);
    await quickSuggestions({ other: 'off', comments: 'off', strings: 'off' });
  });

  after(async () => {
    ghost.dispose();
    heard.dispose();
    ghost.api.heatmap.set(false);
    await quickSuggestions(undefined);
    await closeAll();
  });

  it('200 keys: each is in the text, no suggestion is painted for another text, and nothing runs twice', async () => {
    const written = await ghost.write(BEFORE + AFTER, 'plaintext');
    await vscode.commands.executeCommand('editor.action.selectAll');
    await explore();
    await heard.done();
    ghost.api.heatmap.set(true);
    await ghost.putCaret(vscode.window.activeTextEditor!, BEFORE.length);

    // Whoever reads the text, its runs go through the window's client.
    const { engine } = ghost.api.engine.loaded!;
    const { run } = engine;
    const whole = BEFORE + TYPED.join('') + AFTER;
    const ran: string[] = [];
    const counted: typeof run = (request, ...more) => {
      if (request.scoreFrom === undefined) ran.push(request.ids.join());
      return run.call(engine, request, ...more);
    };
    Object.defineProperty(engine, 'run', { value: counted, configurable: true });
    const painted = await Painted.watch(ghost.api);
    let [last, pauses] = [performance.now(), 0];
    const typing = vscode.workspace.onDidChangeTextDocument(({ document: changed }) => {
      if (changed !== written) return;
      const now = performance.now();
      if (now - last >= PAUSE_MS) pauses++;
      last = now;
    });
    const blocked = monitorEventLoopDelay({ resolution: 1 });
    try {
      ghost.forget();
      const sampled = await sampleHost();
      blocked.enable();
      for (const part of TYPED) {
        const suggested = ghost.state('shown', 'unsure', 'nothing');
        await drive.type(part, MS_PER_KEY);
        await suggested;
      }
      await textBecomes(written, whole);
      blocked.disable();
      const { longest, total } = await sampled();
      const runs = ghost.states.filter((state) => state === 'computing').length;
      assert.ok(runs <= pauses + 3, `${runs} runs in ${pauses} pauses`);
      console.log(
        `    ${TYPED.join('').length} keys, ${pauses} pauses, ${runs} runs of ghost text; the extension host was blocked for ` +
          `${(blocked.max / 1e6).toFixed(0)} ms at the longest, ${(blocked.percentile(99) / 1e6).toFixed(0)} ms at p99, by the ` +
          `extension's own code for ${longest.toFixed(1)} ms at the longest, ${total.toFixed(0)} ms in all`,
      );
      const { heatmap } = ghost.api;
      const finished = () => {
        const text = heatmap.of(written)?.text;
        return text?.state === 'finished' && text.run?.length === whole.length;
      };
      if (!finished()) await event((hear) => vscode.Disposable.from(heatmap.onDidChange(hear)), finished);
      await heard.next('done', ({ run: done }) => done === heard.last('run').run);
      assert.equal(written.getText(), whole);
      assert.deepEqual(await painted.wrong(), []);
      const ids = heatmap.of(written)!.text!.run!.ids.join();
      assert.equal(ran.filter((each) => each === ids).length, 1, 'heatmap and panel share the run of the whole text');
    } finally {
      typing.dispose();
      painted.dispose();
      Reflect.deleteProperty(engine, 'run');
    }
  });
});
