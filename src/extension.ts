import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import type { TokenscopeApi } from './api.ts';
import type { AttentionTint } from './editor/attention/attentionTint.ts';
import { registerAttentionTint } from './editor/attention/register.ts';
import type { ChangesItem } from './editor/changes/changesItem.ts';
import { registerChanges } from './editor/changes/register.ts';
import { openExample } from './editor/example.ts';
import { type Ghost, registerGhostText } from './editor/ghost/register.ts';
import { type Heat, registerHeatmap } from './editor/heat/register.ts';
import type { Marks } from './editor/marks/marks.ts';
import { registerMarks } from './editor/marks/register.ts';
import { registerStatus } from './editor/status/register.ts';
import { ModelChanges } from './explore/modelChanges.ts';
import { ScoredTexts } from './explore/scoredTexts.ts';
import { readSettings } from './explore/settings.ts';
import { TextApi } from './explore/textApi.ts';
import { TrackedText } from './explore/trackedText.ts';
import { wantedModel } from './explore/wantedModel.ts';
import { WindowEngine } from './explore/windowEngine.ts';
import { registerAttentionSide, type Side } from './panel/attention/register.ts';
import type { HostMessage } from './panel/protocol.ts';
import { registerPanel } from './panel/register.ts';

/** For tests in the host alone: what is said to the pages, and the panel's side of it. */
export interface TestApi extends Ghost, Heat {
  onDidPost: vscode.Event<HostMessage>;
  /** A message as if the panel's page had sent it. */
  receive(message: unknown): void;
  engine: WindowEngine;
  texts: ScoredTexts;
  marks: Marks;
  changes: ModelChanges;
  changesItem: ChangesItem;
  /** The view in the side bar, what is said to it, and its tint. */
  side: Side & { tint: AttentionTint };
}

/** Wires the rooms together. Nothing is loaded before the first use. */
export function activate(context: vscode.ExtensionContext): TokenscopeApi & { test?: TestApi } {
  const { extensionUri: root, extensionPath } = context;
  const log = vscode.window.createOutputChannel('Tokenscope', { log: true });
  const worker = pathToFileURL(join(extensionPath, 'dist', 'worker.js'));
  const engine = new WindowEngine(worker, () => wantedModel(context), log, {
    minutes: () => readSettings().unloadAfterMinutes,
  });
  const changes = new ModelChanges(engine);
  const texts = new ScoredTexts({ engines: engine, log, maxTokens: () => readSettings().maxTokens, changes });
  context.subscriptions.push(log, engine, changes, texts);

  registerStatus(context, engine, texts, log);
  const changesItem = registerChanges(context, changes);
  const { marks, caret } = registerMarks(context, texts, log);
  const heat = registerHeatmap(context, texts, engine, changes);
  const tint = registerAttentionTint(context, texts, heat.heatmap);
  const shared = { root, texts, changes, log, openExample: () => openExample(root) };
  const panel = registerPanel(context, shared);
  context.subscriptions.push(heat.whatIf.onDidChange((line) => panel.page()?.whatIf(line)));
  const ghost = registerGhostText(context, engine, changes, log, {
    showTree: (document, range) => panel.showTree(new TrackedText(document, range), caret),
    isTaken: (document) => heat.whatIf.isIn(document),
  });
  const side = registerAttentionSide(context, shared, (text) => caret.choose(text));

  const api: TokenscopeApi = new TextApi(engine);
  if (context.extensionMode !== vscode.ExtensionMode.Test) return api;
  const receive = (message: unknown) => panel.page()?.receive(message);
  const { onDidPost } = panel;
  const edit = { marks, changes, changesItem, ...ghost, ...heat };
  const test: TestApi = { onDidPost, receive, engine, texts, ...edit, side: { ...side, tint } };
  return Object.assign(api, { test });
}
