/** Entry in the extension host: makes a scene of an example and takes a picture in each theme. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { themes } from '../../browser/theme.ts';
import { drive } from '../drive.ts';
import { event, testApi } from '../explore.ts';
import { setTheme } from './setTheme.ts';

const out = process.env.TOKENSCOPE_OUT ?? '.';
const file = process.env.TOKENSCOPE_SHOT_FILE ?? 'prose.md';
/** What to select: the first line that starts with this, to its end, or the whole file. */
const starts = process.env.TOKENSCOPE_SHOT_LINE ?? 'Every evening';

async function select(): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0].uri;
  if (!folder) throw new Error('no folder is open');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, file));
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  let first = 0;
  while (first < document.lineCount && !document.lineAt(first).text.startsWith(starts)) first++;
  if (first === document.lineCount) throw new Error(`no line of ${file} starts with "${starts}"`);
  let last = first;
  while (last + 1 < document.lineCount && !document.lineAt(last + 1).isEmptyOrWhitespace) last++;
  editor.selection = new vscode.Selection(first, 0, last, document.lineAt(last).text.length);
}

const scene = process.env.TOKENSCOPE_SHOT_SCENE ?? 'panel';

async function panel(): Promise<void> {
  await vscode.commands.executeCommand('tokenscope.exploreSelection');
  await drive.webview.waitFor(() => ['done', 'error'].includes(document.body.dataset.state ?? ''), [], 120_000);
}

interface Scene {
  /** Makes the scene of the selected text. */
  set(): Promise<unknown>;
  /** Brings back what a change of the theme takes away. */
  again?(): Promise<unknown>;
}

const scenes: Record<string, Scene> = {
  panel: { set: panel },
  generate: {
    set: async () => {
      await panel();
      await drive.webview.click('#tab-generate');
      await drive.webview.click('#strip .token:nth-of-type(24)');
      await drive.webview.waitFor(() => document.querySelectorAll('.tree .node').length > 20);
      await drive.webview.click('.compare-ways vscode-button');
      await drive.webview.waitFor(() => document.querySelectorAll('.compare tbody ol').length === 6, [], 120_000);
    },
    again: () => drive.webview.hover('.tree .node[aria-level="3"]'),
  },
  heads: {
    set: async () => {
      await panel();
      await drive.webview.click('#tab-roles');
      await drive.webview.waitFor(() => document.querySelector('.roles-top .number'), [], 120_000);
      await drive.webview.waitFor(() => document.querySelector('.roles .waiting')?.textContent === '', [], 120_000);
      const { changes, texts } = await testApi();
      const heads = [18.6, 17.3, 17.4, 17.5, 18.7].map((name) => String(name).split('.').map(Number));
      const done = event<unknown>((hear) => vscode.Disposable.from(texts.all[0].read({ finished: hear })));
      await changes.switchOff(heads.map(([layer, part]) => ({ layer, part })));
      await done;
      await drive.webview.waitFor(() => document.querySelector('.changed-tokens .number'), [], 120_000);
    },
  },
  tour: {
    set: async () => {
      await vscode.commands.executeCommand('tokenscope.tour');
      for (let step = 1; step <= 8; step++) {
        await drive.webview.waitFor(
          (at: number) =>
            document.querySelector('.tour h2')?.textContent?.startsWith(`${at} of`) &&
            document.body.dataset.state === 'done' &&
            !document.querySelector('.tour p')?.textContent?.startsWith('The numbers'),
          [step],
          120_000,
        );
        await drive.screenshot(join(out, `tour-step-${step}.png`));
        await drive.webview.click('.tour-ways vscode-button:nth-of-type(2)');
      }
      await drive.webview.waitFor(() => /costs/.test(document.querySelector('.tour p')?.textContent ?? ''), [], 60_000);
    },
  },
  model: {
    set: async () => {
      await panel();
      await drive.webview.click('#tab-model');
      await drive.webview.waitFor(() => document.querySelector('.neighbours li'), [], 120_000);
    },
  },
  depth: {
    set: async () => {
      await panel();
      await drive.webview.click('#tab-depth');
      await drive.webview.waitFor(() => /equal/.test(document.querySelector('.depth .note')?.textContent ?? ''));
    },
  },
  attention: {
    set: async () => {
      const editor = vscode.window.activeTextEditor!;
      const { start } = editor.selection;
      const pronoun = editor.document.getText().indexOf(' it ', editor.document.offsetAt(start)) + 1;
      const at = editor.document.positionAt(pronoun);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand('tokenscope.attention.focus');
      await vscode.window.showTextDocument(editor.document, editor.viewColumn);
      await drive.webview.waitFor(() => document.querySelectorAll('.look').length > 3, [], 120_000);
    },
  },
  heatmap: {
    set: async () => {
      const editor = vscode.window.activeTextEditor!;
      const at = editor.selection.start.translate(0, 46);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand('tokenscope.heatmap.toggle');
      const { heatmap } = await testApi();
      const done = () => heatmap.of(editor.document)?.text?.state === 'finished';
      while (!done()) await new Promise((resolve) => heatmap.onDidChange(resolve));
    },
    again: async () => {
      await vscode.commands.executeCommand('editor.action.showHover');
      await drive.waitFor(() => document.querySelector('.monaco-hover a'));
    },
  },
  whatIf: {
    set: () => scenes.heatmap.set(),
    again: async () => {
      await vscode.commands.executeCommand('tokenscope.whatIf.dismiss');
      await scenes.heatmap.again!();
      await drive.click('.monaco-hover a:text("what if") >> nth=1');
      await drive.waitFor(() => document.querySelector('[class*=ghost-text]'), [], 120_000);
      await drive.pointAtNothing();
    },
  },
  ghost: {
    set: async () => {
      const editor = vscode.window.activeTextEditor!;
      const { end } = editor.selection;
      editor.selection = new vscode.Selection(end, end);
      await vscode.commands.executeCommand('revealLine', { lineNumber: end.line, at: 'center' });
      await drive.type('\n');
      await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
      await drive.waitFor(() => document.querySelector('[class*=ghost-text]'), [], 120_000);
    },
  },
};

export async function run(): Promise<void> {
  mkdirSync(out, { recursive: true });
  await vscode.commands.executeCommand('workbench.action.closeSidebar');
  await select();
  await scenes[scene].set().catch((error) => {
    console.error(`the scene is not as it should be: ${error instanceof Error ? error.message : error}`);
  });
  for (const theme of themes) {
    await setTheme(theme);
    await scenes[scene].again?.();
    // Two frames, so that what follows the theme is drawn.
    for (const page of scene === 'panel' || scene === 'generate' ? [drive, drive.webview] : [drive])
      await page.eval(
        () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
      );
    console.log(await drive.screenshot(join(out, `${scene}-${theme}.png`)));
  }
  for (const problem of await drive.problems()) console.error(problem);
}
