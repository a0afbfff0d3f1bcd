/** Ghost text in the real window: what it shows, what was asked of the model for it, and what it told of itself. */
import * as vscode from 'vscode';
import type { GhostState } from '../../src/editor/ghost/ghostState.ts';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, openText, setting, testApi } from './explore.ts';

/** What the model continues with " Spain.". */
export const LIST = '- Paris is the capital of France.\n- Rome is the capital of Italy.\n- Madrid is the capital of';

export class GhostWindow implements vscode.Disposable {
  /** Channels to the model that were opened since the last `forget`. */
  asked: string[] = [];
  /** The states since then. */
  states: GhostState['state'][] = [];
  private readonly heard: { dispose(): void };

  private constructor(readonly api: TestApi) {
    const { engine } = api;
    const { channel } = engine;
    engine.channel = (name, priority) => {
      this.asked.push(name);
      return channel.call(engine, name, priority);
    };
    const states = api.ghost.onDidChange(({ state }) => this.states.push(state));
    this.heard = {
      dispose: () => {
        engine.channel = channel;
        states.dispose();
      },
    };
  }

  static async open(): Promise<GhostWindow> {
    return new GhostWindow(await testApi());
  }

  dispose(): void {
    this.heard.dispose();
  }

  forget(): void {
    this.asked = [];
    this.states = [];
  }

  /** Waits until the window's ghost text is this; '': until there is none. */
  async shows(wanted: string): Promise<void> {
    try {
      await drive.waitFor(
        (text: string) =>
          [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
            .map((node) => node.textContent)
            .join('')
            .replaceAll('\u00a0', ' ') === text,
        [wanted],
      );
    } catch (error) {
      const { state } = this.api.ghost.state;
      const text = vscode.window.activeTextEditor?.document.getText();
      const { focused } = vscode.window.state;
      const { asked, states } = this;
      const engine = this.api.engine.state.state;
      throw new Error(`${error}\n${JSON.stringify({ state, states, asked, text, focused, engine })}`);
    }
  }

  /** An untitled document with the caret at an offset, by default its end. */
  async write(text: string, language = 'markdown', caret = text.length): Promise<vscode.TextDocument> {
    const editor = await openText(text, language);
    // A panel that was closed may have had the focus, and gives it back when it is gone.
    await drive.waitFor(() =>
      [...document.querySelectorAll('iframe.webview')].every((frame) => frame.getClientRects().length === 0),
    );
    await this.putCaret(editor, caret);
    await this.suggestsInline();
    return editor.document;
  }

  /** Puts the caret at an offset, and the focus in the editor. */
  async putCaret(editor: vscode.TextEditor, caret: number): Promise<void> {
    const at = editor.document.positionAt(caret);
    editor.selection = new vscode.Selection(at, at);
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    await this.focused();
    await drive.waitFor(() => document.activeElement?.closest('.monaco-editor'));
    await selectionArrived();
  }

  /**
   * VS Code makes the part of a new editor that suggests inline when the window is idle; what is typed before gets no
   * suggestion. Idle callbacks run in their order: this one comes after.
   */
  private suggestsInline(): Promise<void> {
    return drive.eval(() => new Promise<void>((done) => requestIdleCallback(() => done())));
  }

  async focused(): Promise<void> {
    if (!vscode.window.state.focused) await event(vscode.window.onDidChangeWindowState, ({ focused }) => focused);
  }

  /** Waits for a state that is still to come. */
  state(...wanted: GhostState['state'][]): Promise<GhostState> {
    return event(
      (hear) => vscode.Disposable.from(this.api.ghost.onDidChange(hear)),
      (now: GhostState) => wanted.includes(now.state),
    );
  }

  /** Asks for suggestions by the command. @returns what came of it */
  async suggest(): Promise<GhostState> {
    const ended = this.state('shown', 'nothing', 'failed');
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    return ended;
  }

  /** Waits until what may be wanted next is worked out. */
  workedAhead(): Promise<undefined> {
    return event((hear) => vscode.Disposable.from(this.api.ghost.onDidWorkAhead(hear)));
  }
}

/**
 * Hooks of a suite: the window is opened once, and before each test has nothing asked.
 * @param settings which each test may have set
 */
export function eachInGhostWindow(settings: readonly string[], opened: (window: GhostWindow) => void): void {
  let ghost: GhostWindow;
  before(async () => {
    ghost = await GhostWindow.open();
    opened(ghost);
  });
  after(() => ghost.dispose());
  beforeEach(() => ghost.forget());
  afterEach(async () => {
    for (const name of settings) await setting(name, undefined);
    await closeAll();
  });
}

/** A command goes the same way as a selection: when it is done, the window has the selection. */
export const selectionArrived = () =>
  vscode.commands.executeCommand('revealLine', { lineNumber: 0, at: 'top' }) as Promise<void>;

/** The window paints what is typed before the host hears of it. */
export async function textBecomes(written: vscode.TextDocument, text: string): Promise<void> {
  if (written.getText() !== text)
    await event(vscode.workspace.onDidChangeTextDocument, () => written.getText() === text);
}
