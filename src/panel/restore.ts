import * as vscode from 'vscode';
import { TrackedText } from '../explore/trackedText.ts';
import { ExplorePage, type PageServices } from './explorePage.ts';
import { panelHost } from './pageHost.ts';
import type { PageState } from './protocol.ts';
import { readPageState } from './validate.ts';

const KEY = 'tokenscope.explored';
/** Documents that are opened again by their address; a page's state may name no others. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-vfs', 'vscode-userdata'];

type Place = NonNullable<PageState['document']>;

/** Remembers what is explored, for a reload of the window. */
export function rememberIn(memory: vscode.Memento): (text: TrackedText | undefined) => void {
  return (text) => {
    const place: Place | undefined = text && { uri: text.document.uri.toString(), ...text.range };
    void memory.update(KEY, place);
  };
}

/** Brings a panel back after a window reload: the same text is explored again, at the same position. */
export async function restorePanel(
  panel: vscode.WebviewPanel,
  saved: unknown,
  services: PageServices,
  memory: vscode.Memento,
): Promise<ExplorePage> {
  const restored = new ExplorePage(panelHost(panel, services.root), services);
  const state = readPageState(saved);
  if (state?.pinned) restored.setPinned(true);
  // Ours is the whole selection, followed through edits; the page knows the tokens.
  const place = memory.get<Place>(KEY) ?? state?.document;
  const text = place && (await open(place));
  const { layer, head } = state ?? {};
  const chosenHead = layer !== undefined && head !== undefined ? { layer, head } : undefined;
  if (text) restored.show(text, { begins: state?.chosen, head: chosenHead });
  else if (place) restored.clear(vscode.l10n.t('The explored text is no longer there. Select some text.'));
  else restored.explore(undefined);
  return restored;
}

async function open({ uri, start, end }: Place): Promise<TrackedText | undefined> {
  try {
    const address = vscode.Uri.parse(uri, true);
    if (!SCHEMES.includes(address.scheme)) return undefined;
    const document = await vscode.workspace.openTextDocument(address);
    // The file may be shorter by now.
    const { length } = document.getText();
    const range = { start: Math.min(start, length), end: Math.min(end, length) };
    return range.end > range.start ? new TrackedText(document, range) : undefined;
  } catch {
    return undefined;
  }
}
