/** Explores texts in the extension host and hears what is said to the page. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TokenscopeApi } from '../../src/api.ts';
import type { TestApi } from '../../src/extension.ts';
import type { HostMessage, PageMessage } from '../../src/panel/protocol.ts';
import type { Question, Result } from '../../src/panel/questions/index.ts';

type Of<T extends HostMessage['type']> = Extract<HostMessage, { type: T }>;

/** Longest time a message is waited for: the model's first load is in it. */
const PATIENCE_MS = 50_000;

/** What other extensions get. */
export async function publicApi(): Promise<TokenscopeApi & { test?: TestApi }> {
  const extension = vscode.extensions.getExtension<TokenscopeApi & { test?: TestApi }>('tokenscope.tokenscope');
  assert.ok(extension, 'tokenscope.tokenscope is not loaded');
  return extension.activate();
}

export async function testApi(): Promise<TestApi> {
  const { test } = await publicApi();
  assert.ok(test, 'the extension is not run for tests');
  return test;
}

/** Keeps what is said to the page from now on. */
export class Heard {
  readonly messages: HostMessage[] = [];
  private readonly arrived = new vscode.EventEmitter<void>();
  private readonly listening: vscode.Disposable;

  constructor(api: Pick<TestApi, 'onDidPost'>) {
    this.listening = api.onDidPost((message) => {
      this.messages.push(message);
      this.arrived.fire();
    });
  }

  all<T extends HostMessage['type']>(type: T): Of<T>[] {
    return this.messages.filter((message): message is Of<T> => message.type === type);
  }

  last<T extends HostMessage['type']>(type: T): Of<T> {
    const found = this.all(type).at(-1);
    assert.ok(found, `nothing of type ${type} was said`);
    return found;
  }

  /** The first message of a type that was or will be said, and that fits. */
  async next<T extends HostMessage['type']>(type: T, fits: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
    const find = () => this.all(type).find(fits);
    const found = find();
    if (found) return found;
    return new Promise<Of<T>>((resolve, reject) => {
      const end = (done: () => void) => {
        clearTimeout(timer);
        waiting.dispose();
        done();
      };
      const timer = setTimeout(() => {
        const said = this.messages.map((message) =>
          message.type === 'error' || message.type === 'notice' ? JSON.stringify(message) : message.type,
        );
        end(() => reject(new Error(`no fitting ${type} within ${PATIENCE_MS} ms; said: ${said.join(', ')}`)));
      }, PATIENCE_MS);
      const waiting = this.arrived.event(() => {
        const message = find();
        if (message) end(() => resolve(message));
      });
    });
  }

  /** The end of a run; @throws when an error is said instead. */
  async done(after = -1): Promise<Of<'done'>> {
    const failed = this.next('error').then(({ error }) => {
      throw new Error(`${error.where}: ${error.what}`);
    });
    failed.catch(() => {});
    const done = this.next('done', ({ run }) => run > after);
    done.catch(() => {});
    return Promise.race([done, failed]);
  }

  dispose(): void {
    this.listening.dispose();
    this.arrived.dispose();
  }
}

/** An untitled document with a text, all of it selected. */
export async function openText(content: string, language = 'plaintext'): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ content, language });
  const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
  select(editor, 0, document.getText().length);
  return editor;
}

export function select(editor: vscode.TextEditor, start: number, end: number): void {
  const { document } = editor;
  editor.selection = new vscode.Selection(document.positionAt(start), document.positionAt(end));
}

export const explore = () => vscode.commands.executeCommand('tokenscope.exploreSelection');

export function send(api: TestApi, message: PageMessage): void {
  api.receive(message);
}

/** Far from those of the page, which asks too. */
let lastId = 1_000_000;

/** Asks as the page does; @throws what the answer says, if it is no result. */
export async function ask<Q extends Question>(
  api: TestApi,
  heard: Heard,
  run: number,
  question: Q,
): Promise<Result<Q>> {
  const id = ++lastId;
  send(api, { type: 'ask', run, id, question });
  const answer = await heard.next('answer', (message) => message.id === id);
  assert.ok('result' in answer, JSON.stringify(answer));
  return answer.result as Result<Q>;
}

/** Waits for an event that fits. */
export function event<T>(of: vscode.Event<T>, fits: (value: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listening.dispose();
      reject(new Error(`the event did not come within ${PATIENCE_MS} ms`));
    }, PATIENCE_MS);
    const listening = of((value) => {
      if (!fits(value)) return;
      clearTimeout(timer);
      listening.dispose();
      resolve(value);
    });
  });
}

/** Sets one of our settings for the user; undefined: the default again. */
export async function setting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('tokenscope').update(name, value, vscode.ConfigurationTarget.Global);
}

/** Closes all editors, with nothing asked; the panel too. */
export async function closeAll(): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || document.isClosed) continue;
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
