/** As vscode.Event: calls the listener until it is disposed. */
export type Event<T> = (listener: (value: T) => void) => { dispose(): void };

/** Listeners by the names of the events they hear. */
export type Reader<Events> = { [Name in keyof Events]?: (event: Events[Name]) => void };

/** Events by name, each with a value of its own type. Needs no editor, so that what fires them can run without one. */
export class Emitter<Events> {
  private readonly readers = new Set<Reader<Events>>();

  /** The reader hears what is fired from now on. */
  add(reader: Reader<Events>): { dispose(): void } {
    const own = { ...reader };
    this.readers.add(own);
    return { dispose: () => this.readers.delete(own) };
  }

  fire<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const reader of [...this.readers]) if (this.readers.has(reader)) reader[name]?.(event);
  }

  dispose(): void {
    this.readers.clear();
  }
}
