import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { closeAll, publicApi } from './explore.ts';

describe('walkthrough in the window', () => {
  after(closeAll);

  it('shows its steps with their titles', async () => {
    await publicApi();
    const texts = JSON.parse(readFileSync(join(process.env.TOKENSCOPE_TEST_ROOT!, 'package.nls.json'), 'utf8'));
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'tokenscope.tokenscope#start');
    const titles = await drive.waitFor(() => {
      const steps = document.querySelectorAll('.getting-started-step .step-title');
      return steps.length > 0 && Array.from(steps, (step) => step.textContent);
    });
    const ids = ['explore', 'token', 'ghost', 'attention', 'settings'];
    assert.deepEqual(
      titles,
      ids.map((id) => texts[`walkthrough.${id}.title`]),
    );
  });
});
