/** The few drawings beside words. They say nothing that the words do not. */
import type {VNode} from 'preact';

const PATHS = {
  drop: 'M12 3v11m0 0-4-4m4 4 4-4M4 15v4a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-4',
  good: 'm5 12.5 4.5 4.5L19 7.5',
  warn: 'M12 4 2.5 20h19zM12 10v4.5m0 2.5v.5',
  bad: 'm6 6 12 12M18 6 6 18',
  save: 'M12 4v10m0 0-4-4m4 4 4-4M5 19h14',
  link: 'M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.1-1.1',
} as const;

export function Icon({name}: {name: keyof typeof PATHS}): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
