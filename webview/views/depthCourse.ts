/** The chosen position through depth, as a curve that can be pointed at. */

import { percent, rank } from '../../src/analysis/format.ts';
import type { Course } from '../depth.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { type CourseContent, courseRowAt, paintCourse } from '../plots/coursePaint.ts';
import { drawnIn, sized } from '../plots/frames.ts';
import { pointerRests } from '../pointer.ts';
import { spokenText } from '../speech.ts';
import { chip, tokenAfter } from '../tokens.ts';

/** CSS pixels. */
export const COURSE_HEIGHT = 130;

export interface CourseEvents {
  point(row: number | null): void;
  choose(row: number): void;
}

export function depthCourse(events: CourseEvents) {
  const canvas = el('canvas', { class: 'course', role: 'img' });
  const heading = el('p', { class: 'course-heading' });
  const element = el('section', { class: 'course-place', 'aria-label': t('Through depth') }, heading, canvas);
  let content: CourseContent | null = null;

  function draw(): void {
    const width = element.clientWidth;
    if (!content || width === 0) return;
    paintCourse(sized(canvas, width, COURSE_HEIGHT), content, width, COURSE_HEIGHT);
  }

  const redraw = drawnIn(element, draw);
  const at = (event: MouseEvent): number | null =>
    content && courseRowAt(event.offsetX, element.clientWidth, content.logprob.length);
  canvas.addEventListener('pointermove', (event) => {
    if (!pointerRests()) events.point(at(event));
  });
  canvas.addEventListener('pointerleave', () => {
    if (!pointerRests()) events.point(null);
  });
  canvas.addEventListener('click', (event) => {
    const row = at(event);
    if (row !== null) events.choose(row);
  });

  return {
    element,
    /** @param name of the marked row */
    show(course: Course | null, next: CourseContent | null, after: Parameters<typeof chip>[0], name: string): void {
      content = next;
      // Its place is kept while its numbers are on their way.
      element.style.setProperty('visibility', course ? 'visible' : 'hidden');
      if (!course || !next) return;
      const said = t(
        '{0}: {1}, rank {2}',
        name,
        percent(Math.exp(course.logprob[next.marked])),
        rank(course.rank[next.marked]),
      );
      const of = tokenAfter(course.of, chip(course.token), chip(after));
      const line = el('p', { class: 'course-heading' }, ...of, ' · ', el('strong', {}, said));
      if (!line.isEqualNode(heading)) heading.replaceChildren(...line.childNodes);
      canvas.setAttribute(
        'aria-label',
        t('{0} through depth. {1}', course.token ? spokenText(course.token) : '', said),
      );
      redraw();
    },
  };
}
