import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { closeAll, publicApi } from './explore.ts';

describe('walkthrough in the window', () => {
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await closeAll();
  });

  it('attention: its button opens the view, and that ends the step', async () => {
    await publicApi();
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'tokenscope.tokenscope#start');
    const step = '.getting-started-step[data-step-id$="#attention"]';
    await drive.waitFor((selector: string) => document.querySelector(selector), [step]);
    await drive.click(step);
    await drive.click(`${step} .monaco-button`);
    await drive.waitFor(
      (selector: string) => document.querySelector(`${selector} [role=checkbox][aria-checked=true]`),
      [step],
    );
  });

  it('shows its steps with their titles', async () => {
    await publicApi();
    const texts = JSON.parse(readFileSync(join(process.env.TOKENSCOPE_TEST_ROOT!, 'package.nls.json'), 'utf8'));
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'tokenscope.tokenscope#start');
    const titles = await drive.waitFor(() => {
      const steps = document.querySelectorAll('.getting-started-step .step-title');
      return steps.length > 0 && Array.from(steps, (step) => step.textContent);
    });
    const ids = ['explore', 'token', 'ghost', 'attention', 'tour', 'settings'];
    assert.deepEqual(
      titles,
      ids.map((id) => texts[`walkthrough.${id}.title`]),
    );
  });
});
