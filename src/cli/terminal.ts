import { styleText } from 'node:util';
import { visibleControls } from '../analysis/format.ts';
import { write } from './output.ts';

/** Progress goes to stderr, and only where a person watches. */
export function showProgress(label: string, done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const width = 24;
  const full = Math.round((done / total) * width);
  process.stderr.write(`\r\x1b[K${'█'.repeat(full)}${'░'.repeat(width - full)} ${visibleControls(label)}`);
}

export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** Text in a style of node:util, on a terminal only. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** Rows under titles, columns as wide as their widest cell. */
export function table(columns: Column[], rows: string[][]): string {
  const widths = columns.map((column, i) => Math.max(width(column.title), ...rows.map((row) => width(row[i]))));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(widths[i] - width(cell));
        return columns[i].align === 'left' ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  const titles = styled('bold', line(columns.map((column) => column.title)));
  return [titles, ...rows.map(line)].join('\n');
}

/** Columns that a text takes on a terminal: wide characters take two. */
function width(text: string): number {
  let columns = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** A bar of eighths, `fraction` of `cells` wide. */
export function bar(fraction: number, cells = 20): string {
  const eighths = Math.round(fraction * cells * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}

export function print(text: string): void {
  write(`${text}\n`);
}

/** What JSON leaves as it is and a terminal obeys. */
const CONTROLS = /[\u007f-\u009f\p{Bidi_Control}]/gu;

/** Arrays of numbers are written as lists. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? Array.from(part as Float32Array) : part));
  print(json.replace(CONTROLS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
