import * as vscode from 'vscode';
import type { TrackedText } from '../explore/trackedText.ts';

/** The edits a page has made to one text, so that they can be undone from it. */
export class CandidateEdits {
  /** Versions of the document that the edits left, the last one last. */
  private readonly versions: number[] = [];

  constructor(private readonly place: TrackedText) {}

  /** An edit was just made. */
  made(): void {
    this.versions.push(this.place.document.version);
  }

  /**
   * Undoes the last edit, if nothing has been changed since: VS Code undoes only in an editor that has the focus.
   * @returns why it was not done, or undefined
   */
  async undo(): Promise<string | undefined> {
    const { document, name, editor } = this.place;
    const left = this.versions.at(-1);
    if (left === undefined) return vscode.l10n.t('There is nothing to undo: no candidate was put in from here.');
    if (document.isClosed) return vscode.l10n.t('{0} is closed: it cannot be undone from here.', name);
    if (document.version !== left) {
      return vscode.l10n.t('{0} was changed since the candidate was put in: undo it in the editor.', name);
    }
    const viewColumn = editor?.viewColumn ?? vscode.ViewColumn.One;
    await vscode.window.showTextDocument(document, { viewColumn, preserveFocus: false });
    await vscode.commands.executeCommand('undo');
    this.versions.pop();
    // The text is as the edit before left it.
    if (this.versions.length > 0) this.versions[this.versions.length - 1] = document.version;
    return undefined;
  }
}
