import type * as vscode from 'vscode';
import { registerCommands } from '../../explore/commands.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import type { Heatmap } from '../heat/heatmap.ts';
import { AttentionTint } from './attentionTint.ts';
import { oneTint } from './oneTint.ts';

/** The tint of what a token looks at, which lies over the heatmap, and the command that clears it. */
export function registerAttentionTint(
  { subscriptions }: vscode.ExtensionContext,
  texts: ScoredTexts,
  heatmap: Heatmap,
): AttentionTint {
  const tint = new AttentionTint(texts);
  subscriptions.push(tint, oneTint(heatmap, tint), registerCommands({ clearTint: () => tint.clear() }));
  return tint;
}
