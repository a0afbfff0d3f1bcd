import * as vscode from 'vscode';

/** A file system that leaves whoever asks for a file waiting until `refuse` is called. */
export class UnansweredFiles implements vscode.FileSystemProvider {
  /** Resolves when a file is asked for. */
  readonly asked: Promise<void>;
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;
  private hear!: () => void;
  private readonly refused: Promise<never>;
  private fail!: (error: Error) => void;

  constructor() {
    this.asked = new Promise((done) => {
      this.hear = done;
    });
    this.refused = new Promise((_, fail) => {
      this.fail = fail;
    });
    this.refused.catch(() => {});
  }

  refuse(): void {
    this.fail(vscode.FileSystemError.Unavailable());
  }

  watch = () => new vscode.Disposable(() => {});
  stat = () => this.wait();
  readFile = () => this.wait();
  readDirectory = () => this.wait();
  createDirectory = () => this.wait();
  writeFile = () => this.wait();
  delete = () => this.wait();
  rename = () => this.wait();

  private wait(): Promise<never> {
    this.hear();
    return this.refused;
  }
}
