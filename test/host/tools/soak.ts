/** Entry in the extension host: does random things for some minutes, see scripts/soak.ts. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { WindowEngine } from '../../../src/explore/windowEngine.ts';
import { themes } from '../../browser/theme.ts';
import { drive } from '../drive.ts';
import { event, openText, testApi } from '../explore.ts';
import { GhostWindow, selectionArrived } from '../ghostWindow.ts';
import { Painted } from '../painted.ts';
import { Level } from './level.ts';
import { setTheme } from './setTheme.ts';

const { executeCommand } = vscode.commands;

const NOTE_EVERY_MS = 30_000;
const LONGEST = 4000;
const WORDS = 'the keeper climbed a stair and lit the lamp in every evening of that long winter'.split(' ');
const BEGINNINGS = [
  'The old lighthouse keeper climbed the stairs every evening.\n',
  '- Paris is the capital of France.\n- Rome is the capital of Italy.\n',
  'one 🦊 two 🐻\nthree\n',
];

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A document, what its text must be, and the texts it has had, to which undo and redo may lead. */
interface Soaked {
  editor: vscode.TextEditor;
  text: string;
  had: Set<string>;
}

export async function run(): Promise<void> {
  const seed = Number(process.env.TOKENSCOPE_SOAK_SEED);
  const until = performance.now() + Number(process.env.TOKENSCOPE_SOAK_MINUTES) * 60_000;
  const rejections: string[] = [];
  process.on('unhandledRejection', (reason) =>
    rejections.push(reason instanceof Error ? `${reason.stack}` : `${reason}`),
  );
  const soak = await Soak.begin(random(seed));
  const level = new Level(soak.engine);
  let noted = performance.now();
  while (performance.now() < until) {
    await soak.step();
    if (performance.now() - noted < NOTE_EVERY_MS) continue;
    // What was asked and told would grow.
    soak.forget();
    await level.note();
    noted = performance.now();
  }
  console.log(`seed ${seed}:`, soak.counts);
  console.log(`${level}`);
  await soak.end();
  assert.deepEqual(
    rejections.filter((stack) => /tokenscope|dist.(extension|worker)/i.test(stack)),
    [],
  );
  assert.equal(level.problem, undefined, 'memory is not level');
}

class Soak {
  readonly counts: Record<string, number> = {};
  private documents: Soaked[] = [];
  private now!: Soaked;
  private panel = false;

  private constructor(
    private readonly ghost: GhostWindow,
    private readonly painted: Painted,
    private readonly next: () => number,
  ) {}

  static async begin(next: () => number): Promise<Soak> {
    const api = await testApi();
    const soak = new Soak(await GhostWindow.open(), await Painted.watch(api), next);
    for (const text of BEGINNINGS) {
      const editor = await openText(text);
      soak.documents.push({ editor, text, had: new Set([text]) });
    }
    await soak.switchTo(soak.documents[0]);
    return soak;
  }

  private readonly actions: Record<string, [weight: number, act: () => Thenable<unknown>]> = {
    type: [60, () => this.type()],
    backspace: [16, () => this.backspace()],
    undo: [12, () => this.undo('undo')],
    redo: [6, () => this.undo('redo')],
    accept: [12, () => this.accept()],
    select: [12, () => this.select()],
    document: [8, () => this.switchTo(this.one(this.documents))],
    theme: [2, () => setTheme(this.one(themes))],
    ghostText: [4, () => executeCommand('tokenscope.ghostText.toggle')],
    suggest: [6, () => executeCommand('tokenscope.ghostText.suggest')],
    heatmap: [6, async () => this.ghost.api.heatmap.toggle()],
    whatIf: [6, () => this.whatIf()],
    panel: [4, () => this.togglePanel()],
    engine: [1, async () => this.ghost.api.engine.kill()],
  };

  private readonly names = Object.entries(this.actions).flatMap(([name, [weight]]) => Array<string>(weight).fill(name));

  get engine(): WindowEngine {
    return this.ghost.api.engine;
  }

  forget(): void {
    this.ghost.forget();
  }

  async step(): Promise<void> {
    // An action stands in the list as often as its weight says.
    const name = this.one(this.names);
    const [, act] = this.actions[name];
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    try {
      await act();
      for (const { editor, text } of this.documents) assert.equal(editor.document.getText(), text);
    } catch (error) {
      console.error(`after`, this.counts);
      throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }

  /** With everything on, all that is shown is of the texts as they are. */
  async end(): Promise<void> {
    const { heatmap } = this.ghost.api;
    const { document } = this.now.editor;
    await vscode.workspace.getConfiguration('tokenscope').update('ghostText.mode', undefined, true);
    // An empty text has nothing to show.
    await this.type();
    if (!heatmap.isOn) heatmap.set(true);
    const fresh = () => {
      const heat = heatmap.of(document);
      return heat?.text?.state === 'finished' && heat.all.every(({ stale }) => !stale);
    };
    if (!fresh()) await event((hear) => vscode.Disposable.from(heatmap.onDidChange(hear)), fresh);
    const { run, place } = heatmap.of(document)!.text!;
    for (const { start, end, text, bytes } of run!.tokens)
      if (!bytes) assert.equal(this.now.text.slice(place.range!.start + start, place.range!.start + end), text);
    assert.deepEqual(await this.painted.wrong(), [], 'ghost text was painted for another text');
    this.painted.dispose();
    this.ghost.dispose();
  }

  private one<T>(of: readonly T[]): T {
    return of[Math.floor(this.next() * of.length)];
  }

  /** Does something after which the text must be this. */
  private async becomes(text: string, act: () => Promise<unknown>): Promise<void> {
    const { now } = this;
    const { document } = now.editor;
    const arrived =
      document.getText() === text
        ? undefined
        : event(vscode.workspace.onDidChangeTextDocument, () => document.getText() === text);
    arrived?.catch(() => {});
    await act();
    await arrived?.catch(() => assert.equal(document.getText(), text));
    now.text = text;
    now.had.add(text);
  }

  /** A word at the end, where the caret is put first. */
  private async type(): Promise<void> {
    await this.caretAtEnd();
    if (this.now.text.length > LONGEST) return this.clear();
    const before = this.now.text;
    let typed = this.next() < 0.15 ? '\n' : `${this.one(WORDS)} `;
    if (this.next() < 0.1) typed = `${typed}😀 `;
    for (let i = 1; i <= typed.length; i++) this.now.had.add(before + typed.slice(0, i));
    await this.becomes(before + typed, () => this.keys(typed));
  }

  private async keys(text: string): Promise<void> {
    if (text.startsWith('\n')) await drive.press('Enter');
    await drive.type(text.replace(/^\n/, ''), 20 + Math.floor(this.next() * 80));
  }

  private async backspace(): Promise<void> {
    await this.caretAtEnd();
    const last = [...this.now.text].at(-1);
    if (last !== undefined) await this.becomes(this.now.text.slice(0, -last.length), () => drive.press('Backspace'));
  }

  private async undo(command: 'undo' | 'redo'): Promise<void> {
    const { now } = this;
    await executeCommand(command);
    await selectionArrived();
    const text = now.editor.document.getText();
    assert.ok(now.had.has(text), `${command} led to a text that never was: ${JSON.stringify(text.slice(-80))}`);
    now.text = text;
  }

  /** Takes in what is shown, if that is for the caret. */
  private async accept(): Promise<void> {
    const { state } = this.ghost.api.ghost;
    const { now } = this;
    const { document } = now.editor;
    if (state.state !== 'shown' || state.document !== document) return;
    const before = now.text;
    await executeCommand('editor.action.inlineSuggest.commit');
    await selectionArrived();
    const text = document.getText();
    // Whether one was still there is the window's to say.
    assert.ok(text === before || text.startsWith(before.slice(0, -1)), `taken in: ${JSON.stringify(text.slice(-80))}`);
    now.text = text;
    now.had.add(text);
  }

  /** Looks at how the line would go on from another token, which changes nothing. */
  private async whatIf(): Promise<void> {
    const { document } = this.now.editor;
    const text = this.ghost.api.heatmap.of(document)?.text;
    if (text?.state !== 'finished' || !text.run || text.run.stale || text.run.tokens.length < 2) return;
    const { tokens, scores } = text.run;
    const token = 1 + Math.floor(this.next() * (tokens.length - 1));
    const id = scores.topIds[(token - 1) * scores.topK + Math.floor(this.next() * 3)];
    await executeCommand('tokenscope.whatIf', { uri: `${document.uri}`, version: document.version, token, id });
  }

  private async select(): Promise<void> {
    const { editor, text } = this.now;
    const [a, b] = [0, 1].map(() => editor.document.positionAt(Math.floor(this.next() * text.length)));
    editor.selection = new vscode.Selection(a, b);
    await selectionArrived();
  }

  private async switchTo(soaked: Soaked): Promise<void> {
    const { document } = soaked.editor;
    soaked.editor = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.One,
      preview: false,
    });
    this.now = soaked;
    await this.caretAtEnd();
  }

  private async caretAtEnd(): Promise<void> {
    // The panel may have taken the place of the editor's focus.
    await this.ghost.putCaret(this.now.editor, this.now.text.length);
  }

  private async clear(): Promise<void> {
    await this.becomes('', async () => {
      await executeCommand('editor.action.selectAll');
      await drive.press('Delete');
    });
  }

  private async togglePanel(): Promise<void> {
    this.panel = !this.panel;
    if (this.panel) {
      await executeCommand('editor.action.selectAll');
      await executeCommand('tokenscope.exploreSelection');
      await this.caretAtEnd();
      return;
    }
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const panel = tabs.filter(({ input }) => input instanceof vscode.TabInputWebview);
    await vscode.window.tabGroups.close(panel);
    await this.caretAtEnd();
  }
}
