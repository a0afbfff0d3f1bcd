import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import type { TokenscopeApi } from './api.ts';
import { AttentionTint } from './editor/attention/attentionTint.ts';
import { Caret } from './editor/caret.ts';
import { registerCommands } from './editor/commands.ts';
import { openExample } from './editor/example.ts';
import { suggestHere, toggleGhostText } from './editor/ghost/commands.ts';
import { GhostStates } from './editor/ghost/ghostState.ts';
import { GhostStatus } from './editor/ghost/ghostStatus.ts';
import { GhostText } from './editor/ghost/ghostText.ts';
import { otherProvider } from './editor/ghost/otherProviders.ts';
import { setGhostMode } from './editor/ghost/settings.ts';
import { whyShown } from './editor/ghost/why.ts';
import { Heatmap } from './editor/heat/heatmap.ts';
import { HeatHover } from './editor/heat/hover.ts';
import { replaceToken } from './editor/heat/replace.ts';
import { chooseMeasure, HeatStatus } from './editor/heat/status.ts';
import { WhatIf } from './editor/heat/whatIf.ts';
import { Marks } from './editor/marks.ts';
import { oneTint } from './editor/oneTint.ts';
import { Preview } from './editor/preview.ts';
import { openMenu } from './editor/status/menu.ts';
import { StatusItem } from './editor/status/statusItem.ts';
import { ScoredTexts } from './explore/scoredTexts.ts';
import { readSettings } from './explore/settings.ts';
import { TextApi } from './explore/textApi.ts';
import { wantedModel } from './explore/wantedModel.ts';
import { WindowEngine } from './explore/windowEngine.ts';
import { AttentionSide } from './panel/attention/attentionSide.ts';
import { ExplorePage, type PageServices } from './panel/explorePage.ts';
import { openPanel, PANEL_TYPE } from './panel/pageHost.ts';
import { Pages } from './panel/pages.ts';
import type { HostMessage } from './panel/protocol.ts';
import { rememberIn, restorePanel } from './panel/restore.ts';

/** For tests in the host alone: what is said to the pages, and the panel's side of it. */
export interface TestApi {
  onDidPost: vscode.Event<HostMessage>;
  /** A message as if the panel's page had sent it. */
  receive(message: unknown): void;
  engine: WindowEngine;
  texts: ScoredTexts;
  marks: Marks;
  ghost: GhostStates;
  ghostStatus: GhostStatus;
  heatmap: Heatmap;
  heatStatus: HeatStatus;
  whatIf: WhatIf;
  /** The view in the side bar, what is said to it, and its tint. */
  side: { view: AttentionSide; onDidPost: vscode.Event<HostMessage>; tint: AttentionTint };
}

/** Wires the rooms together. Nothing is loaded before the first use. */
export function activate(context: vscode.ExtensionContext): TokenscopeApi & { test?: TestApi } {
  const { extensionUri: root, extensionPath, subscriptions, workspaceState } = context;
  const log = vscode.window.createOutputChannel('Tokenscope', { log: true });
  const worker = pathToFileURL(join(extensionPath, 'dist', 'worker.js'));
  const engine = new WindowEngine(worker, () => wantedModel(context), log, {
    minutes: () => readSettings().unloadAfterMinutes,
  });
  const texts = new ScoredTexts({ engines: engine, log, maxTokens: () => readSettings().maxTokens });
  const marks = new Marks(texts);
  const heatmap = new Heatmap(texts);
  const whatIf = new WhatIf(heatmap, engine);
  const heatStatus = new HeatStatus(heatmap);
  const ghost = new GhostStates();
  const ghostStatus = new GhostStatus(ghost);
  suggestBeside(ghostStatus, ghost, context.globalState);
  texts.read({ busy: (busy) => void vscode.commands.executeCommand('setContext', 'tokenscope.computing', busy) });

  const posted = new vscode.EventEmitter<HostMessage>();
  const pages = new Pages();
  const services: PageServices = {
    root,
    texts,
    log,
    posted,
    remember: rememberIn(workspaceState),
    openExample: () => openExample(root),
  };
  const caret = new Caret(texts, log);
  const tint = new AttentionTint(texts);
  const postedBeside = new vscode.EventEmitter<HostMessage>();
  const besideServices: PageServices = { ...services, posted: postedBeside, remember: () => {} };
  const side = new AttentionSide(besideServices, (text) => caret.choose(text));
  const explore = (editor: vscode.TextEditor | undefined) => {
    const page = pages.at(PANEL_TYPE) ?? pages.add(PANEL_TYPE, new ExplorePage(openPanel(root), services));
    page.reveal();
    page.explore(editor);
  };

  subscriptions.push(
    log,
    engine,
    texts,
    posted,
    marks,
    caret,
    tint,
    postedBeside,
    side,
    new StatusItem(engine),
    ghostStatus,
    new GhostText(engine, ghost, log),
    heatmap,
    heatStatus,
    whatIf,
    new Preview(texts),
    oneTint(heatmap, tint),
    vscode.languages.registerHoverProvider({ pattern: '**' }, new HeatHover(heatmap)),
    pages,
    registerCommands({
      exploreSelection: () => explore(vscode.window.activeTextEditor),
      cancel: () => {
        for (const text of texts.all) text.cancel();
      },
      restartEngine: () => {
        engine.stop();
        for (const text of texts.all) text.rerun();
      },
      openExample: async () => explore(await openExample(root)),
      showOutput: () => log.show(),
      menu: openMenu,
      clearTint: () => tint.clear(),
      'ghostText.toggle': () => {
        ghostStatus.remark(undefined);
        return toggleGhostText();
      },
      'ghostText.toggleForLanguage': () => toggleGhostText({ forLanguage: true }),
      'ghostText.onDemand': () => {
        ghostStatus.remark(undefined);
        return setGhostMode('onDemand');
      },
      'ghostText.suggest': suggestHere,
      'heatmap.toggle': () => heatmap.toggle(),
      'heatmap.measure': () => chooseMeasure(heatmap),
      'heatmap.next': () => heatmap.step(1),
      'heatmap.previous': () => heatmap.step(-1),
      replaceToken: (link) => replaceToken(heatmap, link),
      whatIf: (link) => whatIf.show(link),
      'whatIf.accept': () => whatIf.accept(),
      'whatIf.dismiss': () => whatIf.dismiss(),
      'ghostText.why': () => whyShown(engine, ghost),
    }),
    vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: async (restored, state) => {
        pages.add(PANEL_TYPE, await restorePanel(restored, state, services, workspaceState));
      },
    }),
  );
  const api: TokenscopeApi = new TextApi(engine);
  if (context.extensionMode !== vscode.ExtensionMode.Test) return api;
  const receive = (message: unknown) => pages.at(PANEL_TYPE)?.receive(message);
  const edit = { ghost, ghostStatus, heatmap, heatStatus, whatIf };
  const beside = { view: side, onDidPost: postedBeside.event, tint };
  const test: TestApi = { onDidPost: posted.event, receive, engine, texts, marks, ...edit, side: beside };
  return Object.assign(api, { test });
}

/** Where another extension suggests inline too, the status bar says so once. */
function suggestBeside(status: GhostStatus, ghost: GhostStates, memory: vscode.Memento): void {
  const listening = ghost.onDidChange(({ state }) => {
    if (state !== 'shown') return;
    listening.dispose();
    const other = otherProvider(memory);
    if (other) status.remark(vscode.l10n.t('beside {0}', other));
  });
}
