import * as vscode from 'vscode';
import type { EngineState, WindowEngine } from '../../explore/windowEngine.ts';

/** The item that says what the engine does; a click opens the menu. */
export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly listening: { dispose(): void };

  constructor(engine: WindowEngine) {
    this.item = vscode.window.createStatusBarItem('tokenscope.engine', vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'Tokenscope';
    this.item.command = 'tokenscope.menu';
    this.listening = engine.onDidChangeState((state) => this.draw(state));
    this.draw(engine.state);
    this.item.show();
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private draw(state: EngineState): void {
    this.item.text = state.state === 'loading' ? loading(state) : '$(eye) Tokenscope';
    this.item.tooltip = engineLine(state);
  }
}

function loading({ progress }: Extract<EngineState, { state: 'loading' }>): string {
  const part = progress ? Math.round((100 * progress.done) / Math.max(1, progress.total)) : 0;
  return `$(loading~spin) ${vscode.l10n.t('Tokenscope: loading {0} %', part)}`;
}

function engineLine(state: EngineState): string {
  if (state.state === 'off') return vscode.l10n.t('No model is loaded; it is loaded at the first use.');
  if (state.state === 'loading') return vscode.l10n.t('The model is loading.');
  const { name, precision, loadMs } = state.model;
  return vscode.l10n.t('{0}, {1}, loaded in {2} s', name, precision, (loadMs / 1000).toFixed(1));
}
