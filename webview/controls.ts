/** The page's controls: VS Code's toolkit behind one door, and a native slider, which the toolkit lacks. */

import './nonce.ts';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { el, icon, setAttributes } from './dom.ts';
import { t } from './l10n.ts';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodePanels(),
  vsCodePanelTab(),
  vsCodePanelView(),
  vsCodeTextField(),
);

const toolkit = (tag: string, attributes: Parameters<typeof setAttributes>[1] = {}, ...children: (Node | string)[]) => {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
};

export function button(label: string, onClick: () => void, primary = false): HTMLElement {
  const element = toolkit('vscode-button', { appearance: primary ? 'primary' : 'secondary' }, label);
  element.addEventListener('click', onClick);
  return element;
}

/** A button that shows a codicon; `label` is what it is called and its tooltip. */
export function iconButton(codicon: string, label: string, onClick: () => void): HTMLElement {
  const element = toolkit('vscode-button', { appearance: 'icon', 'aria-label': label, title: label }, icon(codicon));
  element.addEventListener('click', onClick);
  return element;
}

/** Buttons that zoom; null: all of it fits. @param zoom by a factor */
export const zoomButtons = (zoom: (by: number | null) => void): HTMLElement =>
  el(
    'span',
    { class: 'zoom' },
    iconButton('zoom-in', t('Zoom in'), () => zoom(1.25)),
    iconButton('zoom-out', t('Zoom out'), () => zoom(0.8)),
    iconButton('screen-full', t('Fit'), () => zoom(null)),
  );

export function checkbox(label: string, onChange: (checked: boolean) => void) {
  const element = toolkit('vscode-checkbox', {}, label) as HTMLElement & { checked: boolean };
  element.addEventListener('change', () => onChange(element.checked));
  return element;
}

export interface Dropdown {
  element: HTMLElement;
  setOptions(count: number): void;
  select(index: number): void;
}

/** Chooses one of `count` numbered things. */
export function dropdown(label: string, onChange: (index: number) => void): Dropdown {
  const list = toolkit('vscode-dropdown', { 'aria-label': label }) as HTMLElement & { value: string };
  let count = 0;
  list.addEventListener('change', () => onChange(Number(list.value)));
  return {
    element: el('span', { class: 'chooser' }, el('span', { 'aria-hidden': 'true' }, label), list),
    setOptions(next) {
      if (next === count) return;
      count = next;
      list.replaceChildren(
        ...Array.from({ length: count }, (_, i) => toolkit('vscode-option', { value: i }, String(i))),
      );
    },
    select(index) {
      if (list.value !== String(index)) list.value = String(index);
    },
  };
}

/** Chooses one of some named things. */
export function choice<Id extends string>(label: string, names: readonly [Id, string][], onChange: (id: Id) => void) {
  const options = names.map(([value, name]) => toolkit('vscode-option', { value }, name));
  const list = toolkit('vscode-dropdown', { 'aria-label': label }, ...options) as HTMLElement & { value: Id };
  list.addEventListener('change', () => onChange(list.value));
  return {
    element: list,
    select(id: Id) {
      if (list.value !== id) list.value = id;
    },
  };
}

/** Chooses one of some things whose names are known later. */
export function laterChoice(label: string, onChange: (id: string) => void) {
  const list = toolkit('vscode-dropdown', { 'aria-label': label }) as HTMLElement & { value: string };
  list.addEventListener('change', () => onChange(list.value));
  let known = '';
  return {
    element: el('span', { class: 'chooser' }, el('span', { 'aria-hidden': 'true' }, label), list),
    show(names: readonly [id: string, name: string][], selected: string): void {
      const next = JSON.stringify(names);
      if (next === known) {
        if (list.value !== selected) list.value = selected;
        return;
      }
      known = next;
      list.replaceChildren(
        ...names.map(([value, name]) => toolkit('vscode-option', { value, selected: value === selected }, name)),
      );
    },
  };
}

/** Tabs over panels; a panel is shown while its tab is chosen. */
export function tabs(items: { id: string; title: string; panel: HTMLElement }[], onChange: (id: string) => void) {
  const element = toolkit('vscode-panels', { 'aria-label': t('Views') }) as HTMLElement & { activeid: string };
  for (const { id, title } of items) element.append(toolkit('vscode-panel-tab', { id: `tab-${id}` }, title));
  for (const { id, panel } of items) element.append(toolkit('vscode-panel-view', { id: `view-${id}` }, panel));
  element.addEventListener('change', (event) => {
    if (event.target === element && element.activeid) onChange(element.activeid.slice('tab-'.length));
  });
  return {
    element,
    select(id: string) {
      if (element.activeid !== `tab-${id}`) element.activeid = `tab-${id}`;
    },
  };
}

export interface SliderOptions {
  /** What it is called, as it stands beside it. */
  name: HTMLElement;
  label: string;
  min: number;
  max: number;
  step: number;
  /** The value that means no limit: it reads, and may be typed, as a word. */
  off?: number;
  /** The largest number that may be typed, if it is beyond the slider's end. */
  most?: number;
  decimals: number;
  onInput(value: number): void;
  /** The hand has let go of it. */
  onSettled?(): void;
}

/** A slider, with a number beside it that can be typed. */
export function slider(options: SliderOptions) {
  const { name, label, min, max, step, off, most = max, decimals, onInput, onSettled } = options;
  const input = el('input', { type: 'range', min, max, step, 'aria-label': label });
  const number = el('input', {
    class: 'slider-value',
    type: 'text',
    inputmode: 'decimal',
    'aria-label': t('{0}, number', label),
  });
  const unlimited = t('off');
  const written = (value: number) => (value === off ? unlimited : value.toFixed(decimals));
  let current = min;
  const show = (value: number) => {
    current = value;
    input.value = String(value);
    input.style.setProperty('--share', `${((input.valueAsNumber - min) / (max - min)) * 100}%`);
    input.setAttribute('aria-valuetext', written(value));
    if (document.activeElement !== number) number.value = written(value);
  };
  input.addEventListener('input', () => {
    show(input.valueAsNumber);
    onInput(input.valueAsNumber);
  });
  input.addEventListener('change', () => onSettled?.());
  // A number that cannot be is put back to the one that holds.
  number.addEventListener('change', () => {
    const text = number.value.trim().toLowerCase();
    const typed = text === unlimited.toLowerCase() && off !== undefined ? off : Number(text.replace(',', '.'));
    if (text !== '' && Number.isFinite(typed)) {
      onInput(Math.min(most, Math.max(min, decimals === 0 ? Math.round(typed) : typed)));
      onSettled?.();
    }
    number.value = written(current);
  });
  number.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') number.dispatchEvent(new Event('change'));
  });
  number.addEventListener('blur', () => {
    number.value = written(current);
  });
  return { element: el('div', { class: 'slider' }, name, input, number), set: show };
}

/** A line to type into. */
export function textField(label: string, onInput: (text: string) => void) {
  // The toolkit calls it by what it contains, whatever it was called before.
  const name = el('span', { class: 'unseen' }, label);
  const element = toolkit('vscode-text-field', { placeholder: label }, name) as HTMLElement & { value: string };
  element.addEventListener('input', () => onInput(element.value));
  return element;
}

/** A line of a menu. */
export function menuItem(label: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { class: 'menu-item', type: 'button', role: 'menuitem', tabindex: -1 }, label);
  element.addEventListener('click', onClick);
  return element;
}
