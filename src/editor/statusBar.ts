import * as vscode from 'vscode';
import type { EngineState, WindowEngine } from '../explore/windowEngine.ts';

/** One item that says what the engine does; it appears with the first use. */
export class EngineStatus implements vscode.Disposable {
  private item: vscode.StatusBarItem | undefined;
  private readonly listening: { dispose(): void };

  constructor(engine: WindowEngine) {
    this.listening = engine.onDidChangeState((state) => this.show(state));
  }

  dispose(): void {
    this.listening.dispose();
    this.item?.dispose();
  }

  private show(state: EngineState): void {
    this.item ??= vscode.window.createStatusBarItem('tokenscope.engine', vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'Tokenscope';
    if (state.state === 'off') {
      this.item.hide();
      return;
    }
    if (state.state === 'loading') {
      const part = state.progress ? Math.round((100 * state.progress.done) / Math.max(1, state.progress.total)) : 0;
      this.item.text = `$(loading~spin) ${vscode.l10n.t('Tokenscope: loading {0} %', part)}`;
      this.item.tooltip = vscode.l10n.t('The model is loading. Click to cancel.');
      this.item.command = 'tokenscope.cancel';
    } else {
      this.item.text = '$(eye) Tokenscope';
      this.item.tooltip = vscode.l10n.t(
        '{0}, {1}. Click to explore the selection.',
        state.model.name,
        state.model.precision,
      );
      this.item.command = 'tokenscope.exploreSelection';
    }
    this.item.show();
  }
}
