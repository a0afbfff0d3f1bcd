import assert from 'node:assert/strict';
import { openPage, themes } from './harness.ts';

describe('browser harness', () => {
  for (const theme of themes) {
    it(`gives the page VS Code's ${theme} theme`, async () => {
      const opened = await openPage({ theme });
      const [background, name] = await opened.page.evaluate(() => [
        getComputedStyle(document.body).getPropertyValue('--vscode-editor-background'),
        document.body.className,
      ]);
      assert.match(background, /^#[0-9a-f]{6}$/i);
      assert.match(name, theme.startsWith('hc') ? /vscode-high-contrast/ : new RegExp(`vscode-${theme}`));
      await opened.page.close();
    });
  }

  it('carries typed arrays in both directions and refuses inline scripts', async () => {
    const opened = await openPage();
    const received = await opened.page.evaluate(
      () =>
        new Promise<unknown>((resolve) => {
          window.addEventListener(
            'message',
            (event) => resolve([event.data.result.logits instanceof Float32Array, event.data]),
            {
              once: true,
            },
          );
          window.postMessage(
            { type: 'answer', run: 1, id: 0, result: { logits: new Float32Array([1, Number.NaN]) } },
            '*',
          );
        }),
    );
    assert.ok(Array.isArray(received) && received[0] === true);
    const arrived = opened.page.evaluate(
      () =>
        new Promise<boolean>((resolve) =>
          window.addEventListener('message', (e) =>
            resolve(e.data.result.logits instanceof Float32Array && Number.isNaN(e.data.result.logits[1])),
          ),
        ),
    );
    await opened.send({
      type: 'answer',
      run: 1,
      id: 0,
      result: { logits: new Float32Array([1, Number.NaN]), pieces: {} },
    });
    assert.equal(await arrived, true);
    await opened.page.evaluate(() => window.tokenscopeSent({ type: 'save', data: new Uint8Array([7, 255]) }));
    assert.deepEqual((await opened.waitForMessage('save')).data, new Uint8Array([7, 255]));
    await opened.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
    });
    assert.ok((await opened.problems()).some((problem) => problem.includes('script-src')));
    await opened.page.close();
  });

  it('changes the theme under the open page and keeps its state', async () => {
    const opened = await openPage({ theme: 'dark', state: { view: 'attention' } });
    assert.deepEqual(await opened.state(), { view: 'attention' });
    const background = () =>
      opened.page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--vscode-editor-background'));
    assert.equal((await background()).toLowerCase(), '#1f1f1f');
    await opened.setTheme('light');
    assert.equal((await background()).toLowerCase(), '#ffffff');
    assert.equal(await opened.page.evaluate(() => document.body.dataset.vscodeThemeKind), 'vscode-light');
    await opened.page.close();
  });

  it('fails on what axe-core finds', async () => {
    const opened = await openPage();
    await opened.page.evaluate(() => document.body.append(document.createElement('button')));
    await assert.rejects(opened.checkAxe(), /button-name/);
    await opened.page.close();
  });
});
