/** How far something has come: as a bar where a person looks on, else as a line now and then. */
import type { Context } from './command.ts';

const LINE_EVERY_MS = 10_000;
const CELLS = 24;

export interface Progress {
  /** @param of as much as there is by now, where that is known */
  show(done: number, of?: number): void;
}

/** @param what is counted: `records read` */
export function progressOf({ note, draw }: Pick<Context, 'note' | 'draw'>, what: string): Progress {
  let said: number | undefined;
  return {
    show(done, of) {
      if (draw)
        return draw(of === undefined ? figures(what, done) : `${bar(done, of)} ${figures(what, done, of)}`);
      const now = performance.now();
      if (said !== undefined && now - said < LINE_EVERY_MS) return;
      said = now;
      note(figures(what, done, of));
    },
  };
}

function figures(what: string, done: number, of?: number): string {
  return `${what}: ${amount(done)}${of === undefined ? '' : ` of ${amount(of)}`}`;
}

function bar(done: number, of: number): string {
  const part = of === 0 ? 1 : done / of;
  const cells = Math.floor(part * CELLS);
  return `[${'#'.repeat(cells)}${' '.repeat(CELLS - cells)}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}

/** With thousands apart: 1,204,000. */
export function amount(many: number): string {
  return many.toLocaleString('en');
}

/** As many as there are, and how that is called: `1 account`, `2,000 accounts`. */
export function counted(many: number, one: string): string {
  return `${amount(many)} ${one}${many === 1 ? '' : 's'}`;
}
