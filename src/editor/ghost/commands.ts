import * as vscode from 'vscode';
import { type GhostMode, ghostSettings, setGhostMode } from './settings.ts';

/** Turns ghost text off where it comes by itself, and else on; for all languages, or for that of the active editor. */
export async function toggleGhostText({ forLanguage = false } = {}): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (!document && forLanguage) return;
  const now = document && ghostSettings(document).mode;
  const next: GhostMode = now === 'automatic' ? 'off' : 'automatic';
  await setGhostMode(next, forLanguage ? document?.languageId : undefined);
  if (next === 'off') await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
}

/** Asks for suggestions at the caret, whatever the mode. */
export const suggestHere = () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
