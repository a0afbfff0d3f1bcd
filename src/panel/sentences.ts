import * as vscode from 'vscode';
import type { ScoredRun } from '../explore/scoredRun.ts';

export const restartedSentence = () => vscode.l10n.t('The engine had ended and was started again.');

export const emptySentence = (what: 'text' | 'tokens') =>
  what === 'text'
    ? vscode.l10n.t('The explored text is empty now. Select some text to explore it.')
    : vscode.l10n.t('The model has no tokens for this text. Select some other text.');

export const bosPolicy = (addsBos: boolean) =>
  addsBos ? vscode.l10n.t('the tokenizer adds a beginning token') : vscode.l10n.t('no BOS is added');

/** Says which part of a selection is used, if it is not all of it. */
export function partNote({ ids, end, clipped, length }: ScoredRun, several: boolean): string | undefined {
  const notes: string[] = [];
  if (several) notes.push(vscode.l10n.t('Of several selections, the main one is explored.'));
  if (clipped) {
    notes.push(
      vscode.l10n.t(
        'The selection is longer than the limit: its first {0} tokens are explored, characters 1 to {1} of {2}.',
        ids.length.toLocaleString('en'),
        end.toLocaleString('en'),
        length.toLocaleString('en'),
      ),
    );
  }
  return notes.length > 0 ? notes.join(' ') : undefined;
}

/** What is loaded just now, in the language of the editor. @param label as the engine calls it */
export function loadLabel(label: string): string {
  const layer = /^layer (\d+) of (\d+)$/.exec(label);
  if (layer) return vscode.l10n.t('layer {0} of {1}', layer[1], layer[2]);
  if (label === 'embeddings') return vscode.l10n.t('embeddings');
  return label === 'unembedding' ? vscode.l10n.t('unembedding') : label;
}
