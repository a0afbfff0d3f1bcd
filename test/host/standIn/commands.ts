/** What a test may ask of the window through the control endpoint. `script` is the source of a function, called with `args`. */
export type WindowCommand =
  | { do: 'screenshot'; path: string }
  /** `delay`: milliseconds from key to key. */
  | { do: 'type'; text: string; delay: number }
  | { do: 'press'; key: string }
  /** What an input method writes before it is certain; `end`: puts the text in, and the composition ends. */
  | { do: 'compose'; text: string; end: boolean }
  | { do: 'click' | 'hover' | 'dblclick'; selector: string; webview: boolean }
  | { do: 'resize'; width: number; height: number }
  | { do: 'eval'; script: string; args: unknown[]; webview: boolean }
  /** Waits until the script's result is truthy, and returns it. */
  | { do: 'waitFor'; script: string; args: unknown[]; webview: boolean; timeout: number }
  /** From now on pages that are opened note when an element first fits; `seen` asks for it. */
  | { do: 'watch'; selector: string }
  /** When it did: the next frame, in ms since the epoch; of the first page where it did. */
  | { do: 'seen'; selector: string }
  | { do: 'frames' }
  /** Addresses outside this machine that the window asked for (and did not get), and errors of the page. */
  | { do: 'problems' };

/** Name of the environment variable that tells a test where the endpoint is. */
export const controlVariable = 'TOKENSCOPE_TEST_WINDOW';
