/** The list of candidates as a table one walks with the keys. */
import { percent, rank } from '../../src/analysis/format.ts';
import type { PieceView } from '../../src/panel/protocol.ts';
import { iconButton } from '../controls.ts';
import { el, setAttributes } from '../dom.ts';
import { t } from '../l10n.ts';
import { announce, spokenPercent, spokenText } from '../speech.ts';
import { term } from '../terms.ts';
import { shown } from '../tokens.ts';
import type { CandidateRow, Row } from './candidates.ts';

export interface TableActions {
  piece(row: CandidateRow): PieceView | undefined;
  use(row: CandidateRow): void;
}

/** What a row is worth besides its probability. */
export interface Details {
  /** Whether log-prob and logit are shown. */
  columns: boolean;
  /** log of the sum of exp(logit) here: a logit is a log-prob and this. */
  lse: number;
  /** The probability a full bar stands for. */
  full: number;
}

export function candidateTable(actions: TableActions) {
  const body = el('tbody');
  const swatch = (name: string) => el('span', { class: `swatch ${name}`, 'aria-hidden': 'true' });
  const head = (attributes: Record<string, string>, ...children: (Node | string)[]) =>
    el('th', { scope: 'col', ...attributes }, ...children);
  const table = el(
    'table',
    { class: 'candidates', role: 'grid', tabindex: 0, 'aria-label': t('Candidates, most likely first') },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        head({ class: 'rank' }, term('rank', t('rank'))),
        head({}, t('token')),
        head({ class: 'bars' }, el('span', { class: 'unseen' }, t('bars'))),
        head({ class: 'number' }, swatch('plain'), term('probability', t('p'))),
        head({ class: 'number' }, swatch('sampled'), term('sampled', t('sampled'))),
        head({ class: 'number detail' }, term('logprob', t('log-prob'))),
        head({ class: 'number detail' }, term('logit', t('logit'))),
        head({ class: 'use' }, el('span', { class: 'unseen' }, t('use'))),
      ),
    ),
    body,
  );
  let rows: Row[] = [];
  /** Index into `rows` of the candidate the keys are at; -1 while they are at none. */
  let active = -1;

  const rowAt = (target: EventTarget | null): CandidateRow | undefined => {
    const tr = target instanceof Element ? target.closest('tr') : null;
    const row = tr && tr.parentElement === body ? rows[[...body.rows].indexOf(tr)] : undefined;
    return row?.kind === 'candidate' ? row : undefined;
  };
  table.addEventListener('click', ({ target }) => {
    const row = rowAt(target);
    if (row) setActive(rows.indexOf(row));
  });
  table.addEventListener('dblclick', ({ target }) => {
    const row = rowAt(target);
    if (row) actions.use(row);
  });
  // What is selected is copied as ever; else the row the keys are at.
  table.addEventListener('copy', (event) => {
    const row = rows[active];
    if (row?.kind !== 'candidate' || !getSelection()?.isCollapsed) return;
    const text = actions.piece(row)?.text ?? '';
    const values = [JSON.stringify(text), row.id, row.rank, row.probability, row.sampled ?? ''];
    event.clipboardData?.setData('text/plain', values.join('\t'));
    event.preventDefault();
    announce(t('Copied'));
  });

  function setActive(index: number): void {
    active = index;
    for (const [i, tr] of [...body.rows].entries()) {
      if (rows[i]?.kind === 'candidate') tr.setAttribute('aria-selected', i === active ? 'true' : 'false');
    }
    const tr = body.rows[active];
    setAttributes(table, { 'aria-activedescendant': tr?.id });
    tr?.scrollIntoView({ block: 'nearest' });
    const row = rows[active];
    if (row?.kind === 'candidate') {
      announce(t('{0}, rank {1}, {2}', nameOf(row), rank(row.rank), spokenPercent(row.probability)));
    }
  }

  const nameOf = (row: CandidateRow): string => {
    const text = actions.piece(row);
    return text ? spokenText(text) : t('id {0}', row.id);
  };

  function rowElement(row: Row, index: number, { columns, lse, full }: Details): HTMLTableRowElement {
    if (row.kind !== 'candidate') {
      return el('tr', { class: row.kind }, el('td', { colspan: columns ? 8 : 6 }, el('span', {}, row.text)));
    }
    const text = actions.piece(row);
    const excluded = row.sampled === 0;
    const bar = (name: string, value: number) => {
      const element = el('span', { class: name });
      element.style.setProperty('width', `${full > 0 ? Math.min(1, value / full) * 100 : 0}%`);
      return element;
    };
    const number = (name: string, value: number, written: string) =>
      el('td', { class: `number ${name}`, title: String(value) }, written);
    const logprob = Math.log(row.probability);
    const use = iconButton('reply', t('Put {0} into the text', nameOf(row)), () => actions.use(row));
    use.tabIndex = -1;
    return el(
      'tr',
      {
        id: `candidate-${index}`,
        class: `candidate${row.chosen ? ' own' : ''}${excluded ? ' excluded' : ''}`,
        'aria-selected': index === active ? 'true' : 'false',
        'data-id': row.id,
      },
      el('td', { class: 'rank' }, rank(row.rank)),
      el(
        'td',
        { class: 'name', title: t('id {0}', row.id) },
        el('span', { class: text?.special ? 'pill' : '' }, text ? shown(text) : t('id {0}', row.id)),
      ),
      el('td', { class: 'bars' }, bar('sampled', row.sampled ?? 0), bar('plain', row.probability)),
      number('p', row.probability, percent(row.probability)),
      row.sampled === null
        ? el('td', { class: 'number q', title: t('waits for all logits') }, '…')
        : number('q', row.sampled, excluded ? '–' : percent(row.sampled)),
      number('detail', logprob, logprob.toFixed(3)),
      number('detail', logprob + lse, (logprob + lse).toFixed(3)),
      el('td', { class: 'use' }, use),
    );
  }

  return {
    element: table,
    /** The candidate the keys are at. */
    get active(): CandidateRow | undefined {
      const row = rows[active];
      return row?.kind === 'candidate' ? row : undefined;
    },
    show(next: Row[], details: Details): void {
      rows = next;
      if (rows[active]?.kind !== 'candidate') active = -1;
      table.toggleAttribute('data-details', details.columns);
      body.replaceChildren(...rows.map((row, index) => rowElement(row, index, details)));
      setAttributes(table, { 'aria-activedescendant': active >= 0 ? `candidate-${active}` : undefined });
    },
    leave(): void {
      active = -1;
    },
    step(by: number): void {
      let next = active;
      do next += by;
      while (rows[next] && rows[next].kind !== 'candidate');
      if (rows[next]) setActive(next);
    },
  };
}
