import type { Context } from './command.ts';
import { type Progress, progressOf } from './progress.ts';

/** Hears how far something has come: what is counted, and how many of it. */
export type Tell = (what: string, done: number) => void;

/** What takes no longer is not worth a line. */
const QUIET_MS = 3000;

/** Passes it on, now and then, once it takes long. */
export function tellLater(context: Pick<Context, 'note' | 'draw'>): Tell {
  const began = performance.now();
  const progress = new Map<string, Progress>();
  return (what, done) => {
    if (performance.now() - began < QUIET_MS) return;
    const told = progress.get(what) ?? progressOf(context, what);
    progress.set(what, told);
    told.show(done);
  };
}
