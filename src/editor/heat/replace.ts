import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import { tryCandidate } from '../../explore/tryCandidate.ts';
import type { Heatmap } from './heatmap.ts';
import type { Replacement } from './hover.ts';

/** The editor and the text that a link of a hover speaks of; undefined, and said, where the text has changed since. */
export function stillThere(
  heatmap: Heatmap,
  asked: unknown,
): { editor: vscode.TextEditor; text: ScoredText; asked: Replacement } | undefined {
  if (!isReplacement(asked)) return undefined;
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === asked.uri);
  const text = heatmap.of(editor?.document)?.text;
  if (editor && text?.rangeOf(asked.token) && editor.document.version === asked.version) return { editor, text, asked };
  say(vscode.l10n.t('The text has changed since these numbers were computed: point at the token again.'));
  return undefined;
}

/** Puts a candidate in place of a token, as one step of undo; the caret goes there, and the hover opens again. */
export async function replaceToken(heatmap: Heatmap, link: unknown): Promise<void> {
  const there = stillThere(heatmap, link);
  if (!there) return;
  const { editor, text, asked } = there;
  const { start } = text.rangeOf(asked.token)!;
  const problem = await tryCandidate(text, asked.token, asked.id);
  if (problem) return say(problem);
  await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn });
  const at = editor.document.positionAt(start + 1);
  editor.selection = new vscode.Selection(at, at);
  const listening = text.read({
    scored: ({ to }) => {
      if (to <= asked.token) return;
      listening.dispose();
      void vscode.commands.executeCommand('editor.action.showHover');
    },
  });
}

export function say(sentence: string): void {
  void vscode.window.showWarningMessage(sentence);
}

/** Commands can be called by anybody, with anything. */
function isReplacement(value: unknown): value is Replacement {
  const { uri, version, token, id } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof uri === 'string' && [version, token, id].every((number) => Number.isInteger(number) && Number(number) >= 0)
  );
}
