import * as vscode from 'vscode';
import { registerCommands } from '../explore/commands.ts';
import type { TrackedText } from '../explore/trackedText.ts';
import { ExplorePage, type PageServices } from './explorePage.ts';
import { openPanel, PANEL_TYPE } from './pageHost.ts';
import { Pages } from './pages.ts';
import type { HostMessage } from './protocol.ts';
import { rememberIn, restorePanel } from './restore.ts';
import { openSession, saveSession } from './session/sessions.ts';
import { ExampleLines } from './tour/exampleLines.ts';
import { HeadExample } from './tour/headExample.ts';
import { Tour } from './tour/tour.ts';

/** What is said to a page is heard by `posted`, what is explored is remembered. */
export type SharedServices = Omit<PageServices, 'posted' | 'remember' | 'tour' | 'headExample'>;

export interface Panel {
  /** The page, while the panel is open. */
  page(): ExplorePage | undefined;
  /** Shows in the panel how a text may go on. @param by whose choice the place after the text is */
  showTree(text: TrackedText, by: unknown): void;
  /** What is said to the page. */
  onDidPost: vscode.Event<HostMessage>;
}

/** The panel, which comes back when the window is loaded again, and the commands that open it. */
export function registerPanel(
  { subscriptions, workspaceState }: vscode.ExtensionContext,
  shared: SharedServices,
): Panel {
  const posted = new vscode.EventEmitter<HostMessage>();
  const pages = new Pages();
  const services: PageServices = {
    ...shared,
    posted,
    remember: rememberIn(workspaceState),
    tour: (step) => tour.go(step),
    headExample: (layer, head) => example.show(layer, head),
  };
  const revealed = () => {
    const page = pages.at(PANEL_TYPE) ?? pages.add(PANEL_TYPE, new ExplorePage(openPanel(shared.root), services));
    page.reveal();
    return page;
  };
  const { changes, openExample } = shared;
  const sessions = { changes, page: () => pages.at(PANEL_TYPE), revealed };
  const lines = new ExampleLines(openExample);
  const tour = new Tour({ changes, lines, page: revealed });
  const example = new HeadExample(lines, revealed);
  subscriptions.push(
    posted,
    tour,
    example,
    pages,
    registerCommands({
      exploreSelection: () => revealed().explore(vscode.window.activeTextEditor),
      tour: () => tour.go(0),
      saveSession: (target) => told(saveSession(sessions, target instanceof vscode.Uri ? target : undefined)),
      openSession: (file) => told(openSession(sessions, file instanceof vscode.Uri ? file : undefined)),
      openExample: async () => {
        const editor = await shared.openExample();
        revealed().explore(editor);
      },
    }),
    vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: async (restored, state) => {
        pages.add(PANEL_TYPE, await restorePanel(restored, state, services, workspaceState));
      },
    }),
  );
  return {
    page: () => pages.at(PANEL_TYPE),
    showTree: (text, by) => revealed().showTree(text, by),
    onDidPost: posted.event,
  };
}

/** What goes wrong is told where it was asked for. */
async function told(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}
