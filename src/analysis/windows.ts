/** One run over a piece of a longer text. */
export interface ScoringWindow {
  /** Positions [start, end) are run, alone. */
  start: number;
  end: number;
  /** First position that this window scores: no earlier one did, and never its own first. */
  from: number;
}

/**
 * Windows [s, min(s + W, n)) for s = 0, S, 2S, … until one reaches the end, as for fixed-length perplexity (Hugging
 * Face, "Perplexity of fixed-length models"). With S < W, a token is scored with at least W - S tokens before it.
 * @param n tokens
 */
export function scoringWindows(n: number, window: number, stride: number): ScoringWindow[] {
  const windows: ScoringWindow[] = [];
  let scored = 0;
  for (let start = 0; ; start += stride) {
    const end = Math.min(start + window, n);
    windows.push({ start, end, from: Math.max(start + 1, scored) });
    scored = Math.max(scored, end);
    if (end >= n) return windows;
  }
}
