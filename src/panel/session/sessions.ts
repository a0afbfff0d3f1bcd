import * as vscode from 'vscode';
import { TokenscopeError } from '../../errors.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import { TrackedText } from '../../explore/trackedText.ts';
import type { LoadedEngine } from '../../explore/windowEngine.ts';
import type { ExplorePage } from '../explorePage.ts';
import { LARGEST_SESSION, readSession, type Session, writeSession } from './sessionFile.ts';

/** What sessions need of the panel. */
export interface SessionServices {
  changes: ModelChanges;
  /** The panel's page, if it is open. */
  page(): ExplorePage | undefined;
  /** The panel's page, opened if it is not. */
  revealed(): ExplorePage;
}

const FILTERS = { 'Tokenscope session': ['json'] };

/** Saves what is explored as a file. @param target default: where the person says */
export async function saveSession({ changes, page }: SessionServices, target?: vscode.Uri): Promise<void> {
  const shown = page();
  const text = shown?.text;
  const run = text?.run;
  if (!shown || !text || !run?.loaded || run.stale) {
    throw new TokenscopeError(
      vscode.l10n.t('There is nothing to save.'),
      vscode.l10n.t('The session'),
      vscode.l10n.t('Explore a text first, and wait for its numbers.'),
    );
  }
  const { document, range } = text.place;
  const { model } = run.loaded;
  const { document: _, ...kept } = await shown.keptState();
  const session: Session = {
    tokenscope: 1,
    model: { name: model.name, precision: model.precision, parameters: model.parameters },
    document: { name: text.place.name, language: document.languageId },
    text: document.getText().slice(range.start, range.end),
    tokens: run.tokens.length,
    chosen: text.choice.token,
    page: kept,
    switchedOff: { parts: [...changes.state.parts], mean: changes.state.mean },
  };
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file =
    target ??
    (await vscode.window.showSaveDialog({
      defaultUri: folder && vscode.Uri.joinPath(folder, 'session.tokenscope.json'),
      filters: FILTERS,
    }));
  if (file) await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(writeSession(session)));
}

/** Shows what a session file holds, and says what differs. @param file default: which the person says */
export async function openSession({ changes, revealed }: SessionServices, file?: vscode.Uri): Promise<void> {
  const [from] = file ? [file] : ((await vscode.window.showOpenDialog({ filters: FILTERS })) ?? []);
  if (!from) return;
  const { size } = await vscode.workspace.fs.stat(from);
  if (size > LARGEST_SESSION)
    throw new TokenscopeError(
      vscode.l10n.t('It is larger than {0} MB.', LARGEST_SESSION >> 20),
      from.fsPath,
      vscode.l10n.t('Choose a file that was saved as a session.'),
    );
  const session = readSession(new TextDecoder().decode(await vscode.workspace.fs.readFile(from)), from.fsPath);
  const { text: content, document: about, page: kept, chosen } = session;
  const language = (await vscode.languages.getLanguages()).includes(about.language) ? about.language : 'plaintext';
  const document = await vscode.workspace.openTextDocument({ content, language });
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
  const { parts, mean } = session.switchedOff;
  if (parts.length > 0) await changes.switchOff(parts, mean);
  else changes.restore();
  const page = revealed();
  const { layer, head } = kept;
  const chosenHead = layer !== undefined && head !== undefined ? { layer, head } : undefined;
  page.show(new TrackedText(document, { start: 0, end: document.getText().length }), {
    begins: chosen,
    head: chosenHead,
  });
  page.restore(kept);
  const { text } = page;
  if (!text) return;
  const compare = (loaded: LoadedEngine, tokens: number) => {
    const differs = difference(session, loaded, tokens, changes.state.parts.length);
    if (differs) page.say(differs);
  };
  if (text.run?.loaded) compare(text.run.loaded, text.run.tokens.length);
  else {
    const reading = text.read({
      loaded: ({ run, loaded }) => {
        reading.dispose();
        compare(loaded, run.tokens.length);
      },
    });
  }
}

/** What is not as it was when the session was saved, in a sentence; undefined: nothing. */
function difference(
  { model, tokens, switchedOff }: Session,
  loaded: LoadedEngine,
  now: number,
  off: number,
): string | undefined {
  const { name, precision, parameters } = loaded.model;
  const parts: string[] = [];
  if (name !== model.name || parameters !== model.parameters)
    parts.push(vscode.l10n.t('it was saved with {0}, and {1} is loaded', model.name, name));
  else if (precision !== model.precision)
    parts.push(vscode.l10n.t('it was saved with {0} weights, and {1} are loaded', model.precision, precision));
  if (now !== tokens) parts.push(vscode.l10n.t('its text had {0} tokens, and has {1}', tokens, now));
  if (off !== switchedOff.parts.length)
    parts.push(vscode.l10n.t('{0} parts were off, and {1} are', switchedOff.parts.length, off));
  return parts.length > 0 ? vscode.l10n.t('This session differs: {0}.', parts.join('; ')) : undefined;
}
