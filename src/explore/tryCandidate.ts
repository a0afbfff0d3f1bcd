import * as vscode from 'vscode';
import type { Piece } from '../runtime/tokenizer/types.ts';
import type { TrackedText } from './trackedText.ts';

/**
 * Puts a candidate's text into the document as one edit, one step to undo.
 * @param range offsets of the document
 * @returns why it was not done, or undefined
 */
export async function insertCandidate(
  text: TrackedText,
  range: { start: number; end: number },
  candidate: Pick<Piece, 'text' | 'special'> & { bytes?: unknown },
): Promise<string | undefined> {
  const { document } = text;
  if (candidate.special) {
    return vscode.l10n.t(
      '{0} is a sign for the model, not a text: it cannot be put into the document.',
      candidate.text,
    );
  }
  if (candidate.bytes) {
    return vscode.l10n.t('This candidate is only a part of a character: it cannot be put into the document.');
  }
  if (document.isClosed) return vscode.l10n.t('{0} is closed: open it to try a candidate in it.', text.name);
  const readOnly = vscode.l10n.t('{0} is read-only: the candidate was not put in.', text.name);
  if (await isReadOnly(document.uri)) return readOnly;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, text.span(range.start, range.end), candidate.text);
  return (await vscode.workspace.applyEdit(edit)) ? undefined : readOnly;
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
