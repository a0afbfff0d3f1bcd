import * as vscode from 'vscode';

/** Where a page lives: a panel among the editors, or a view in a side bar. */
export interface PageHost {
  readonly webview: vscode.Webview;
  /** Says which text it shows; undefined: none. */
  shows(name: string | undefined): void;
  readonly visible: boolean;
  /** The group of a panel; undefined in a side bar. */
  readonly viewColumn: vscode.ViewColumn | undefined;
  /** Brings it to the front; the focus stays where it is. */
  reveal(): void;
  /** Gives it the focus. */
  focus(): void;
  readonly onDidDispose: vscode.Event<void>;
}

export const PANEL_TYPE = 'tokenscope.explore';

/**
 * A panel that opens beside the active editor; the focus stays where it is. Its group is locked (package.json), so that
 * files go to the editor's.
 */
export function openPanel(root: vscode.Uri): PageHost & vscode.Disposable {
  // A group that is left alone keeps the lock of a panel that was in it, and is locked again beside another one.
  if (vscode.window.tabGroups.all.length === 1) {
    void vscode.commands.executeCommand('workbench.action.unlockEditorGroup');
  }
  const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
  return panelHost(vscode.window.createWebviewPanel(PANEL_TYPE, 'Tokenscope', place), root);
}

export function panelHost(panel: vscode.WebviewPanel, root: vscode.Uri): PageHost & vscode.Disposable {
  panel.iconPath = vscode.Uri.joinPath(root, 'media', 'icon.svg');
  return {
    webview: panel.webview,
    shows: (name) => {
      panel.title = name === undefined ? 'Tokenscope' : vscode.l10n.t('Tokenscope · {0}', name);
    },
    get visible() {
      return panel.visible;
    },
    get viewColumn() {
      return panel.viewColumn;
    },
    reveal: () => panel.reveal(undefined, true),
    focus: () => panel.reveal(undefined, false),
    onDidDispose: panel.onDidDispose,
    dispose: () => panel.dispose(),
  };
}

export const ATTENTION_VIEW = 'tokenscope.attention';

/** A view keeps its own title; which text it shows stands beside it. */
export const viewHost = (view: vscode.WebviewView): PageHost => ({
  webview: view.webview,
  shows: (name) => {
    view.description = name;
  },
  get visible() {
    return view.visible;
  },
  viewColumn: undefined,
  reveal: () => view.show(true),
  focus: () => view.show(false),
  onDidDispose: view.onDidDispose,
});
