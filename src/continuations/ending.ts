/** What stands around the caret. */
export interface Surroundings {
  /** The caret's line up to the caret. */
  lineBefore: string;
  /** The caret's line after the caret. */
  lineAfter: string;
  /** The next line that is not blank; '' if there is none. */
  nextLine: string;
  /** Whether a suggestion may have several lines: in the middle of a line it has one. */
  multiline: boolean;
  /** What ends a line of the document. */
  lineEnd: '\n' | '\r\n';
}

export interface Ending {
  /** What of the generated text is suggested; '': nothing. */
  text: string;
  /** Whether more of the text would change nothing. */
  complete: boolean;
}

/**
 * Where a suggestion ends, given what was generated so far: at the end of a line; or, where it may have several, before
 * a blank line or one that is less indented, or after the bracket that closes what the caret's line opened. In the
 * middle of a line it ends where it joins what stands there. Nothing of what follows the caret is said again.
 * @param filledIn the model knew what follows the caret: what it says joins up
 */
export function endOf(generated: string, around: Surroundings, filledIn = false): Ending {
  const { lineAfter, multiline } = around;
  if (lineAfter.trim() !== '') return filledIn ? filled(generated, lineAfter) : joined(generated, lineAfter);
  const { text, complete } = multiline ? severalLines(generated, around) : oneLine(generated);
  return unrepeated(text, complete, around);
}

const LINE_END = /\r?\n/;

function oneLine(text: string): Ending {
  const end = text.search(LINE_END);
  return end < 0 ? { text, complete: false } : { text: text.slice(0, end), complete: true };
}

/** The generated text up to where the rest of the line begins; a rest of closing brackets and signs need not come. */
function joined(generated: string, lineAfter: string): Ending {
  const line = oneLine(generated);
  const word = /^\s*(?:[\p{L}\p{N}_]+|\S)/u.exec(lineAfter)![0];
  const ends = !CLOSERS.has(word) ? [line.text.indexOf(word)] : [];
  const mayMiss = /^[\s)\]}>"'`;,.:]+$/.test(lineAfter);
  if (mayMiss) ends.push(unopened(line.text));
  const found = ends.filter((at) => at >= 0);
  if (found.length > 0) return { text: line.text.slice(0, Math.min(...found)), complete: true };
  return mayMiss ? line : { text: '', complete: line.complete };
}

/** One line, without the rest of the caret's where that is said again. */
function filled(generated: string, lineAfter: string): Ending {
  const { text, complete } = oneLine(generated);
  const rest = lineAfter.trim();
  const again = CLOSERS.has(rest[0]) ? unopened(text) : text.indexOf(rest);
  return again < 0 ? { text, complete } : { text: text.slice(0, again), complete: true };
}

const CLOSER: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const CLOSERS = new Set(Object.values(CLOSER));

/** The brackets that a line leaves open. */
function opened(line: string): string[] {
  const open: string[] = [];
  for (const sign of line) {
    if (sign in CLOSER) open.push(CLOSER[sign]);
    else if (sign === open.at(-1)) open.pop();
  }
  return open;
}

/** Where a text closes a bracket that it did not open; -1: nowhere. */
function unopened(text: string): number {
  const open: string[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] in CLOSER) open.push(CLOSER[text[i]]);
    else if (CLOSERS.has(text[i]) && open.pop() !== text[i]) return i;
  }
  return -1;
}

function severalLines(generated: string, { lineBefore }: Surroundings): Ending {
  const indent = indentation(lineBefore);
  const open = opened(lineBefore);
  let closesBlock = open.length > 0;
  let at = 0;
  for (let line = 0; at <= generated.length; line++) {
    const end = generated.slice(at).search(LINE_END);
    const text = end < 0 ? generated.slice(at) : generated.slice(at, at + end);
    const whole = end >= 0;
    if (line > 0) {
      // The first line belongs to the caret's; an empty suggestion begins with the next one.
      const before = generated.slice(0, at).trimEnd();
      if (whole && text.trim() === '' && before !== '') return { text: before, complete: true };
      const known = text.trim() !== '';
      if (known && indentation(text) < indent) {
        const closer = /^\s*(?:[)\]}]+[;,]?|end)\s*$/.test(text);
        return closer
          ? { text: generated.slice(0, at + text.length), complete: whole }
          : { text: before, complete: true };
      }
    }
    for (let i = 0; closesBlock && i < text.length; i++) {
      if (text[i] in CLOSER) open.push(CLOSER[text[i]]);
      else if (text[i] === open.at(-1)) open.pop();
      if (open.length > 0) continue;
      const tail = /^[;,)]*/.exec(text.slice(i + 1))![0];
      // On the caret's own line the statement goes on.
      if (line > 0)
        return { text: generated.slice(0, at + i + 1 + tail.length), complete: i + 1 < text.length || whole };
      closesBlock = false;
    }
    if (!whole) break;
    at += end + (generated[at + end] === '\r' ? 2 : 1);
  }
  return { text: generated, complete: false };
}

/** Width of a line's indentation; a tab counts as four. */
const indentation = (line: string): number => /^\s*/.exec(line)![0].replaceAll('\t', '    ').length;

/** Without what stands in the next line already, and without space at its end. */
function unrepeated(text: string, complete: boolean, { nextLine }: Surroundings): Ending {
  const next = nextLine.trim();
  const lines = text.split('\n');
  const again = next === '' ? -1 : lines.findIndex((line, i) => i > 0 && line.trim() === next);
  const kept = again < 0 ? text : lines.slice(0, again).join('\n');
  const first = lines[0].trim();
  if (lines.length === 1 && complete && next !== '' && first === next) return { text: '', complete: true };
  return { text: again >= 0 || complete ? kept.trimEnd() : kept, complete: complete || again >= 0 };
}
