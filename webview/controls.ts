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
import { el, icon, setAttributes, setText } from './dom.ts';

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

/** Tabs over panels; a panel is shown while its tab is chosen. */
export function tabs(items: { id: string; title: string; panel: HTMLElement }[], onChange: (id: string) => void) {
  const element = toolkit('vscode-panels', { 'aria-label': 'Views' }) as HTMLElement & { activeid: string };
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
  label: string;
  min: number;
  max: number;
  step: number;
  /** How a value reads, on the screen and aloud. */
  format(value: number): string;
  onInput(value: number): void;
}

export function slider({ label, min, max, step, format, onInput }: SliderOptions) {
  const input = el('input', { type: 'range', min, max, step, 'aria-label': label });
  const output = el('output', { class: 'slider-value', 'aria-hidden': 'true' });
  const show = () => {
    const text = format(input.valueAsNumber);
    input.style.setProperty('--share', `${((input.valueAsNumber - min) / (max - min)) * 100}%`);
    setText(output, text);
    input.setAttribute('aria-valuetext', text);
  };
  input.addEventListener('input', () => {
    show();
    onInput(input.valueAsNumber);
  });
  return {
    element: el('label', { class: 'slider' }, el('span', {}, label), input, output),
    set(value: number) {
      input.value = String(value);
      show();
    },
  };
}

/** A line to type into. */
export function textField(label: string, onInput: (text: string) => void) {
  const element = toolkit('vscode-text-field', { 'aria-label': label, placeholder: label }) as HTMLElement & {
    value: string;
  };
  element.addEventListener('input', () => onInput(element.value));
  return element;
}

/** A line of a menu. */
export function menuItem(label: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { class: 'menu-item', type: 'button', role: 'menuitem', tabindex: -1 }, label);
  element.addEventListener('click', onClick);
  return element;
}
