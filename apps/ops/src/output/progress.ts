/** Shows the progress of a long operation: as a bar on a terminal, otherwise as a line every 10 seconds. */
import type { OnProgress } from '@latchkey/verify';
import type { CommandContext } from '../context.ts';

type Output = Pick<CommandContext, 'note' | 'draw'>;

const LINE_EVERY_MS = 10_000;
const CELLS = 24;

export interface ProgressDisplay {
  /** Shows how many items are done. @param total undefined while the total is unknown */
  show(done: number, total?: number): void;
}

/** Creates a progress display. @param what names the items that are counted, such as `records read` */
export function createProgressDisplay({ note, draw }: Output, what: string): ProgressDisplay {
  let lastLineAt: number | undefined;
  return {
    show(done, total) {
      const figures = `${what}: ${formatNumber(done)}${total === undefined ? '' : ` of ${formatNumber(total)}`}`;
      if (draw) return draw(total === undefined ? figures : `${bar(done, total)} ${figures}`);
      const now = performance.now();
      if (lastLineAt !== undefined && now - lastLineAt < LINE_EVERY_MS) return;
      lastLineAt = now;
      note(figures);
    },
  };
}

const SILENT_FOR_MS = 3000;

/** Creates a progress display that appears only if an operation takes more than three seconds. */
export function createDelayedProgressDisplay(output: Output): OnProgress {
  const startedAt = performance.now();
  const shown = new Map<string, ProgressDisplay>();
  return (what, done) => {
    if (performance.now() - startedAt < SILENT_FOR_MS) return;
    const progress = shown.get(what) ?? createProgressDisplay(output, what);
    shown.set(what, progress);
    progress.show(done);
  };
}

function bar(done: number, total: number): string {
  const part = total === 0 ? 1 : done / total;
  const cells = Math.floor(part * CELLS);
  return `[${'#'.repeat(cells)}${' '.repeat(CELLS - cells)}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}

/** Formats a number with thousands separators, for example `1,204,000`. */
export function formatNumber(count: number): string {
  return count.toLocaleString('en');
}

/** Formats a number with its noun, for example `1 account` or `2,000 accounts`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}
