import * as vscode from 'vscode';

/** Where a page lives: a panel among the editors, or a view in a side bar. */
export interface PageHost {
  readonly webview: vscode.Webview;
  title: string | undefined;
  readonly visible: boolean;
  /** Brings it to the front; the focus stays where it is. */
  reveal(): void;
  readonly onDidDispose: vscode.Event<void>;
}

export const PANEL_TYPE = 'tokenscope.explore';

/** A panel that opens beside the active editor; the focus stays where it is. */
export function openPanel(root: vscode.Uri): PageHost & vscode.Disposable {
  const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
  return panelHost(vscode.window.createWebviewPanel(PANEL_TYPE, 'Tokenscope', place), root);
}

export function panelHost(panel: vscode.WebviewPanel, root: vscode.Uri): PageHost & vscode.Disposable {
  panel.iconPath = vscode.Uri.joinPath(root, 'media', 'icon.svg');
  return {
    webview: panel.webview,
    get title() {
      return panel.title;
    },
    set title(title) {
      panel.title = title;
    },
    get visible() {
      return panel.visible;
    },
    reveal: () => panel.reveal(undefined, true),
    onDidDispose: panel.onDidDispose,
    dispose: () => panel.dispose(),
  };
}
