import type * as vscode from 'vscode';
import type { ExplorePage } from './explorePage.ts';

/** The pages that are open, by where they are: one at each place. */
export class Pages implements vscode.Disposable {
  private readonly open = new Map<string, ExplorePage>();

  /** @param place the type of the panel or view */
  at(place: string): ExplorePage | undefined {
    return this.open.get(place);
  }

  /** Takes the place of a page that is there already. */
  add(place: string, page: ExplorePage): ExplorePage {
    this.open.get(place)?.dispose();
    this.open.set(place, page);
    page.onDidClose(() => {
      if (this.open.get(place) === page) this.open.delete(place);
    });
    return page;
  }

  dispose(): void {
    for (const page of [...this.open.values()]) page.dispose();
  }
}
