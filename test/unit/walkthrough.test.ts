import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { inRoot } from '../../scripts/lib/paths.ts';

interface Step {
  id: string;
  title: string;
  description: string;
  media: { svg: string; altText: string };
  completionEvents: string[];
}

const json = (file: string) => JSON.parse(readFileSync(inRoot(file), 'utf8'));
const { contributes } = json('package.json');
const texts: Record<string, string> = json('package.nls.json');
const said = (name: string) => texts[name.replaceAll('%', '')];
const [walkthrough]: { steps: Step[] }[] = contributes.walkthroughs;

const commands = new Set<string>([
  'workbench.action.openSettings',
  ...contributes.commands.map(({ command }: { command: string }) => command),
  // VS Code makes one for each view.
  ...Object.values<{ id: string }[]>(contributes.views ?? {}).flatMap((views) => views.map(({ id }) => `${id}.focus`)),
]);

describe('walkthrough', () => {
  for (const { id, description, media, completionEvents } of walkthrough.steps) {
    it(`${id}: two sentences, buttons of commands that are there, an end`, () => {
      const [sentences, ...buttons] = said(description).split('\n');
      assert.equal(sentences.match(/[.](?= |$)/g)?.length, 2, sentences);
      const named = buttons.flatMap((line) => /\(command:([\w.]+)/.exec(line)?.[1] ?? []);
      const ends = completionEvents.flatMap((event) => {
        const [kind, name] = event.split(':');
        if (kind === 'onView') return [`${name}.focus`];
        return kind === 'onCommand' ? [name] : [];
      });
      assert.ok(named.length > 0 && ends.length > 0);
      assert.deepEqual(
        [...named, ...ends].filter((command) => !commands.has(command)),
        [],
      );
      assert.ok(
        named.some((command) => ends.includes(command)),
        'a button ends the step',
      );
      assert.ok(said(media.altText));
    });
  }

  it('what a button opens is what its step is about', () => {
    const step = (wanted: string) => walkthrough.steps.find(({ id }) => id === wanted)!;
    assert.match(said(step('attention').description), /\(command:tokenscope\.attention\.focus\)/);
    assert.deepEqual(step('attention').completionEvents, ['onView:tokenscope.attention']);
  });

  it("pictures take the theme's colours and show no numbers", () => {
    const used = walkthrough.steps.map(({ media }) => media.svg);
    assert.deepEqual(
      used.sort(),
      readdirSync(inRoot('media/walkthrough'))
        .map((file) => `media/walkthrough/${file}`)
        .sort(),
    );
    for (const file of used) {
      const svg = readFileSync(inRoot(file), 'utf8');
      for (const [, colour] of svg.matchAll(/\b(?:fill|stroke)="([^"]+)"/g))
        assert.match(colour, /^(none$|var\(--vscode-)/);
      for (const [, words] of svg.matchAll(/>([^<]*)</g)) assert.doesNotMatch(words, /\d/);
    }
  });
});
