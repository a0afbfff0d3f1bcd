import * as vscode from 'vscode';
import { registerCommands } from './editor/commands.ts';
import { openExample } from './editor/example.ts';
import { EngineStatus } from './editor/statusBar.ts';
import { WindowEngine } from './explore/windowEngine.ts';
import { ExplorePanel, type PanelServices, VIEW_TYPE } from './panel/panel.ts';
import type { HostMessage } from './panel/protocol.ts';
import { rememberIn, restorePanel } from './panel/restore.ts';

/** For tests in the host: what is said to the page, and the page's side of it. */
export interface TestApi {
  onDidPost: vscode.Event<HostMessage>;
  /** A message as if the page had sent it. */
  receive(message: unknown): void;
  panel(): ExplorePanel | undefined;
  engine: WindowEngine;
}

/** Wires the rooms together. Nothing is loaded before the first use. */
export function activate(context: vscode.ExtensionContext): TestApi {
  const { extensionUri: root, subscriptions, workspaceState } = context;
  const log = vscode.window.createOutputChannel('Tokenscope', { log: true });
  const engine = new WindowEngine(context, log);
  const posted = new vscode.EventEmitter<HostMessage>();
  const services: PanelServices = { root, engine, log, posted, remember: rememberIn(workspaceState) };
  let panel: ExplorePanel | undefined;

  const adopt = (opened: ExplorePanel): ExplorePanel => {
    panel?.dispose();
    panel = opened;
    opened.onDidClose(() => {
      if (panel === opened) panel = undefined;
    });
    return opened;
  };
  const explore = (editor: vscode.TextEditor | undefined) => {
    panel?.reveal();
    (panel ?? adopt(ExplorePanel.open(services))).explore(editor);
  };

  subscriptions.push(
    log,
    engine,
    posted,
    new EngineStatus(engine),
    { dispose: () => panel?.dispose() },
    registerCommands({
      exploreSelection: () => explore(vscode.window.activeTextEditor),
      cancel: () => panel?.session.cancel(),
      restartEngine: () => {
        engine.stop();
        panel?.session.rerun();
      },
      openExample: async () => explore(await openExample(root)),
      showOutput: () => log.show(),
    }),
    vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: async (restored, state) => {
        adopt(await restorePanel(restored, state, services, workspaceState));
      },
    }),
  );
  return { onDidPost: posted.event, receive: (message) => panel?.receive(message), panel: () => panel, engine };
}
