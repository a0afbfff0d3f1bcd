import * as vscode from 'vscode';
import type { Heatmap } from '../heat/heatmap.ts';
import type { AttentionTint } from './attentionTint.ts';

/** One tint of the text at a time, the newest: attention lies over the heatmap until it is cleared. */
export function oneTint(heatmap: Heatmap, attention: AttentionTint): vscode.Disposable {
  return vscode.Disposable.from(
    attention.onDidChange((shown) => {
      heatmap.hide(shown);
      void vscode.commands.executeCommand('setContext', 'tokenscope.attentionTint', shown);
    }),
    heatmap.onDidToggle((on) => on && attention.clear()),
  );
}
