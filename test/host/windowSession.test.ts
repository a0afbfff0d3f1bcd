import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, openText, send, setting, testApi } from './explore.ts';

const { executeCommand } = vscode.commands;
const TEXT = 'The keys to the cabinet are on the table.';

// After the others: the head that is chosen here is the one that later texts begin with.
describe('a session that is saved', () => {
  let api: TestApi;
  let heard: Heard;
  let file: vscode.Uri;

  before(async () => {
    api = await testApi();
    file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, 'kept.tokenscope.json');
  });

  beforeEach(() => {
    heard = new Heard(api);
  });

  afterEach(async () => {
    api.changes.restore();
    heard.dispose();
    await drive.pointAtNothing();
    await setting('precision', undefined);
    await closeAll();
  });

  /** Saves the text with a token, a head and a view chosen, and a head off. */
  async function save(): Promise<number[]> {
    await openText(TEXT);
    await explore();
    const { run } = await heard.done();
    send(api, { type: 'choose', run, position: 5 });
    send(api, { type: 'chooseHead', run, layer: 7, head: 2 });
    const [text] = api.texts.all;
    const changed = event<unknown>((hear) => vscode.Disposable.from(text.read({ finished: hear })));
    await api.changes.switchOff([{ layer: 18, part: 6 }]);
    await changed;
    await drive.webview.waitFor(() => document.querySelector('#tab-depth'));
    await drive.webview.click('#tab-depth');
    await drive.webview.waitFor(() => document.querySelector('#tab-depth')?.getAttribute('aria-selected') === 'true');
    await executeCommand('tokenscope.saveSession', file);
    const numbers = [...text.run!.scores.logprob];
    await closeAll();
    api.changes.restore();
    return numbers;
  }

  it('shows the same again: text, token, head, view, what is off, and the numbers', async () => {
    const numbers = await save();
    heard.dispose();
    heard = new Heard(api);
    await executeCommand('tokenscope.openSession', file);
    await heard.done();
    const [text] = api.texts.all;
    assert.equal(text.place.document.getText(), TEXT);
    assert.equal(text.choice.token, 5);
    assert.deepEqual(text.head, { layer: 7, head: 2 });
    assert.deepEqual(api.changes.state.parts, [{ layer: 18, part: 6 }]);
    assert.deepEqual([...text.run!.scores.logprob], numbers);
    await drive.webview.waitFor(() => document.querySelector('#tab-depth')?.getAttribute('aria-selected') === 'true');
    assert.deepEqual(heard.all('notice'), []);
  });

  it('of another model, it says what differs', async () => {
    await save();
    const kept = JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
    kept.model.name = 'Another-1B';
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(JSON.stringify(kept)));
    await executeCommand('tokenscope.openSession', file);
    await heard.next('notice', ({ text }) => /saved with Another-1B, and SmolLM2/.test(text));
  });
});
