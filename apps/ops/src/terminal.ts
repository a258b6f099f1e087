/** Lines on stdout and stderr, and one on stderr that is drawn over, where that is a terminal. */
import type { Context } from './command.ts';

/** Back to the beginning of the line, and what stood there gone (ECMA-48: CR, EL). */
const OVER = '\r\u001b[K';

export function terminal(
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Pick<Context, 'say' | 'note' | 'draw'> & {
  /** Puts what comes next on a line of its own. */
  end(): void;
} {
  let drawn = '';
  function end() {
    if (drawn !== '') err.write('\n');
    drawn = '';
  }
  function line(to: NodeJS.WritableStream) {
    return (text: string) => {
      end();
      to.write(`${text}\n`);
    };
  }
  function draw(text: string) {
    if (text !== drawn) err.write(`${OVER}${text}`);
    drawn = text;
  }
  return { say: line(out), note: line(err), end, ...(err.isTTY ? { draw } : {}) };
}
