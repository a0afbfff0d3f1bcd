/** Drives the window from a test in the extension host, with real keys and clicks. */
import type { WindowCommand } from './standIn/commands.ts';
import { controlVariable } from './standIn/commands.ts';

// biome-ignore lint/suspicious/noExplicitAny: a script may take any arguments that JSON carries
type Script<T> = (...args: any[]) => T;

async function ask(command: WindowCommand): Promise<unknown> {
  const url = process.env[controlVariable];
  if (!url) {
    throw new Error(
      'this test drives the window, which only the VS Code server lets it: run without TOKENSCOPE_VSCODE',
    );
  }
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
  const answer = (await response.json()) as { ok: boolean; value?: unknown; error?: string };
  if (!answer.ok) throw new Error(answer.error);
  return answer.value;
}

/** Scripts run elsewhere: they see their arguments and their page's globals, nothing of the test around them. */
export const drive = {
  /** Writes a PNG of the whole window. */
  screenshot: (path: string) => ask({ do: 'screenshot', path }),
  /** @param delay milliseconds from key to key */
  type: (text: string, delay = 10) => ask({ do: 'type', text, delay }),
  /** A key or a chord, as "Control+Shift+P". */
  press: (key: string) => ask({ do: 'press', key }),
  /** What an input method writes before it is certain. */
  compose: (text: string) => ask({ do: 'compose', text, end: false }),
  /** Ends the composition with this text. */
  endCompose: (text: string) => ask({ do: 'compose', text, end: true }),
  click: (selector: string) => ask({ do: 'click', selector, webview: false }),
  hover: (selector: string) => ask({ do: 'hover', selector, webview: false }),
  /** Takes the pointer off what a test clicked: a page that opens under it would show what it points at. */
  pointAtNothing: () => ask({ do: 'hover', selector: '.part.statusbar', webview: false }),
  resize: (width: number, height: number) => ask({ do: 'resize', width, height }),
  /** A promise is waited for. */
  eval: <T>(script: Script<T>, ...args: unknown[]) =>
    ask({ do: 'eval', script: `${script}`, args, webview: false }) as Promise<Awaited<T>>,
  /** Waits until the script returns something truthy in the window. */
  waitFor: <T>(script: Script<T>, args: unknown[] = [], timeout = 45_000) =>
    ask({ do: 'waitFor', script: `${script}`, args, webview: false, timeout }) as Promise<T>,
  /** Pages that are opened from now on note when an element first fits. */
  watch: (selector: string) => ask({ do: 'watch', selector }),
  /** When it did, in ms since the epoch. */
  seen: (selector: string) => ask({ do: 'seen', selector }) as Promise<number | undefined>,
  frames: () => ask({ do: 'frames' }) as Promise<string[]>,
  problems: () => ask({ do: 'problems' }) as Promise<string[]>,
  /** The same in the document of the webview that is shown. */
  webview: {
    click: (selector: string) => ask({ do: 'click', selector, webview: true }),
    dblclick: (selector: string) => ask({ do: 'dblclick', selector, webview: true }),
    hover: (selector: string) => ask({ do: 'hover', selector, webview: true }),
    eval: <T>(script: Script<T>, ...args: unknown[]) =>
      ask({ do: 'eval', script: `${script}`, args, webview: true }) as Promise<T>,
    waitFor: <T>(script: Script<T>, args: unknown[] = [], timeout = 45_000) =>
      ask({ do: 'waitFor', script: `${script}`, args, webview: true, timeout }) as Promise<T>,
  },
};
