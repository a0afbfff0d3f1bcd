/** The export button and what it opens. */
import { iconButton, menuItem } from '../controls.ts';
import { el, setAttributes, setText } from '../dom.ts';
import type { Format } from '../export.ts';
import { t } from '../l10n.ts';
import { announce } from '../speech.ts';

const formats: [Format, string][] = [
  ['png', t('Picture (PNG)')],
  ['svg', t('Picture with text as text (SVG)')],
  ['csv', t('Numbers of this view (CSV)')],
  ['json', t('All of it (JSON)')],
  ['tokens', t('Tokens (CSV)')],
];

/** What became of an export is said under the button, until the next key or click. */
export function exportMenu(save: (format: Format) => void) {
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': t('Export'), hidden: true });
  const toggle = iconButton('export', t('Export'), () => open(menu.hidden !== false));
  toggle.setAttribute('aria-haspopup', 'menu');
  const items = formats.map(([format, label]) =>
    menuItem(label, () => {
      open(false);
      toggle.focus();
      save(format);
    }),
  );
  menu.append(...items);
  const said = el('p', { class: 'said', hidden: true });
  const element = el('div', { class: 'menu-place' }, toggle, menu, said);

  function open(yes: boolean): void {
    menu.hidden = !yes;
    setAttributes(toggle, { 'aria-expanded': yes ? 'true' : 'false' });
    if (yes) items[0].focus();
  }
  open(false);
  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(event.target as HTMLButtonElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) items[(at + step + items.length) % items.length].focus();
    else if (event.key === 'Escape') {
      open(false);
      toggle.focus();
    } else {
      if (event.key === 'Tab') open(false);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener('keydown', () => (said.hidden = true), true);
  document.addEventListener('pointerdown', (event) => {
    said.hidden = true;
    if (!menu.hidden && !event.composedPath().includes(element)) open(false);
  });
  return {
    element,
    say(text: string): void {
      setText(said, text);
      said.hidden = false;
      announce(text);
    },
  };
}
