import * as vscode from 'vscode';
import type { Piece } from '../runtime/tokenizer/types.ts';
import type { ScoredText } from './scoredText.ts';
import { candidateRange } from './tokenPlaces.ts';
import type { OffsetRange } from './trackedRange.ts';
import type { TrackedText } from './trackedText.ts';

/**
 * Puts the text of id into the document in place of a token, or after the last one, as one edit: one step to undo.
 * @returns why it was not done, or undefined
 */
export async function tryCandidate(text: ScoredText, token: number, id: number): Promise<string | undefined> {
  const { run } = text;
  if (!run?.loaded || run.stale) return hasChanged();
  const { pieces } = run.loaded;
  await pieces.learn([id]);
  if (text.run !== run || run.stale) return hasChanged();
  const range = candidateRange(run.tokens, token);
  if (!range) return isPartOfCharacter();
  const problem = await whyNot(text.place, pieces.get(id)!);
  if (problem) return problem;
  // Whether the file may be written was asked; the text may have changed meanwhile.
  if (text.run !== run || run.stale) return hasChanged();
  return insert(text.place, range, pieces.get(id)!);
}

/**
 * Puts a continuation into the document before a token, or after the last one, as one edit: one step to undo.
 * @returns why it was not done, or undefined
 */
export async function putIn(text: ScoredText, token: number, ids: readonly number[]): Promise<string | undefined> {
  const { run } = text;
  if (!run?.loaded || run.stale) return hasChanged();
  const { pieces, engine } = run.loaded;
  await pieces.learn(ids);
  const whole = await engine.describe(ids);
  if (text.run !== run || run.stale) return hasChanged();
  const place = candidateRange(run.tokens, token);
  if (!place) return isPartOfCharacter();
  const special = ids.map((id) => pieces.get(id)!).find((piece) => piece.special);
  // Parts of a character may be whole together.
  const last = whole.text.endsWith('\ufffd') ? pieces.get(ids[ids.length - 1])!.bytes : undefined;
  const problem = await whyNot(text.place, special ?? { text: whole.text, bytes: last });
  if (problem) return problem;
  if (text.run !== run || run.stale) return hasChanged();
  return insert(text.place, { start: place.start, end: place.start }, whole);
}

const hasChanged = () =>
  vscode.l10n.t('The text has changed since these numbers were computed: try again when they are new.');

/** Why a token cannot be replaced whose place has no text of its own (candidateRange). */
export const isPartOfCharacter = () =>
  vscode.l10n.t('This token is only a part of a character: choose the first part to replace it.');

const isReadOnlyNow = (name: string) => vscode.l10n.t('{0} is read-only: the candidate was not put in.', name);

/** Why a candidate cannot be put into the document; undefined if it can. */
async function whyNot({ document, name }: TrackedText, candidate: Piece): Promise<string | undefined> {
  if (candidate.special) {
    return vscode.l10n.t(
      '{0} is a sign for the model, not a text: it cannot be put into the document.',
      candidate.text,
    );
  }
  if (candidate.bytes) {
    return vscode.l10n.t('This candidate is only a part of a character: it cannot be put into the document.');
  }
  if (document.isClosed) return vscode.l10n.t('{0} is closed: open it to try a candidate in it.', name);
  return (await isReadOnly(document.uri)) ? isReadOnlyNow(name) : undefined;
}

/** @param range offsets of the text */
async function insert(
  place: TrackedText,
  range: OffsetRange,
  { text }: Pick<Piece, 'text'>,
): Promise<string | undefined> {
  const { start } = place.range;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(place.document.uri, place.span(range.start + start, range.end + start), text);
  return (await vscode.workspace.applyEdit(edit)) ? undefined : isReadOnlyNow(place.name);
}

async function isReadOnly(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme === 'untitled') return false;
  if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== true) return true;
  try {
    const { permissions } = await vscode.workspace.fs.stat(uri);
    return ((permissions ?? 0) & vscode.FilePermission.Readonly) !== 0;
  } catch {
    // A file that was deleted can still be written in its editor.
    return false;
  }
}
