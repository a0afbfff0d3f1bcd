import type { PieceTexts } from '../explore/pieceTexts.ts';
import type { HostMessage, PieceView, ScoreChunk } from './protocol.ts';
import { pieceView } from './views.ts';

/**
 * What is said to the page, kept as long as it holds: a page that starts later, or again (VS Code drops the pages of
 * hidden panels), is told all of it.
 */
export class Outbox {
  private connected = false;
  private model: HostMessage | undefined;
  private pinned: HostMessage | undefined;
  private view: HostMessage | undefined;
  private tour: HostMessage | undefined;
  private restored: HostMessage | undefined;
  private progress: HostMessage | undefined;
  /** Messages since the current run began, or the one that says why there is none. */
  private current: HostMessage[] = [];
  /** Of the current model. */
  private pieces: Pick<PieceTexts, 'get'> | undefined;
  private readonly told = new Set<number>();

  private readonly listeners = new Set<(message: HostMessage) => void>();

  /** @param deliver hands a message to the page */
  constructor(private readonly deliver: (message: HostMessage) => void) {}

  /** Says it, and keeps what a later page must know. */
  post(message: HostMessage): void {
    this.keep(message);
    if (this.connected) this.deliver(message);
    for (const listener of this.listeners) listener(message);
  }

  /** Hears whatever is said, whether the page is there or not. */
  onDidPost(listener: (message: HostMessage) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  dispose(): void {
    this.connected = false;
    this.listeners.clear();
  }

  /** The page is gone; what is said meanwhile a later one is told. */
  disconnect(): void {
    this.connected = false;
  }

  /** The page is there, and knows nothing. */
  connect(): void {
    this.connected = true;
    this.told.clear();
    const { model, pinned, view, restored, tour, progress } = this;
    this.view = undefined;
    this.restored = undefined;
    for (const message of [model, pinned, restored, view, tour, ...this.current, progress]) {
      if (!message) continue;
      const again = message.type === 'scores' ? { ...message, pieces: this.tell(message.chunk) } : message;
      this.deliver(again);
    }
  }

  /** Ids stand for these texts from now on. @returns whether they are others than before: of another model */
  useTexts(pieces: Pick<PieceTexts, 'get'>): boolean {
    if (pieces === this.pieces) return false;
    this.pieces = pieces;
    this.told.clear();
    return true;
  }

  /** Texts of the chunk's candidates that the page has not been told in this run; from now on it has. */
  tell(chunk: ScoreChunk): Record<number, PieceView> {
    const news: Record<number, PieceView> = {};
    for (const id of chunk.topIds) {
      const piece = this.pieces?.get(id);
      if (!piece || this.told.has(id)) continue;
      this.told.add(id);
      news[id] = pieceView(piece);
    }
    return news;
  }

  private keep(message: HostMessage): void {
    switch (message.type) {
      case 'model':
        this.model = message;
        break;
      case 'pinned':
        this.pinned = message;
        break;
      case 'restore':
        this.restored = this.connected ? undefined : message;
        break;
      case 'tour':
        this.tour = message;
        break;
      case 'view':
        // A page that is there has opened it, and the person may open another.
        this.view = this.connected ? undefined : message;
        break;
      case 'progress':
        this.progress = message;
        break;
      case 'run':
      case 'empty':
        // The page drops all that belonged to the run before.
        this.current = [message];
        this.progress = undefined;
        this.told.clear();
        break;
      case 'done':
      case 'cancelled':
      case 'error':
        this.progress = undefined;
        this.current.push(message);
        break;
      case 'scores':
      case 'stale':
      case 'notice':
        this.current.push(message);
        break;
      case 'head':
      case 'cursor':
      case 'pointed':
      case 'saved':
      case 'answer':
        break;
    }
  }
}
