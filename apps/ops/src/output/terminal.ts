import type { CommandContext } from '../context.ts';

/** Moves to the beginning of the line and erases it (ECMA-48: CR, EL). */
const ERASE_LINE = '\r\u001b[K';

/** Writes lines to stdout and stderr, and draws a status line on stderr if that is a terminal. */
export function createTerminal(
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Pick<CommandContext, 'print' | 'note' | 'draw' | 'outputClosed'> & {
  /** Ends the line drawn last, so that further output begins below it. */
  end(): void;
} {
  const closed = new AbortController();
  out.on('error', ignoreClosedPipe).on('error', () => closed.abort());
  err.on('error', ignoreClosedPipe);
  let drawn = '';
  function end() {
    if (drawn !== '') err.write('\n');
    drawn = '';
  }
  function writer(to: NodeJS.WritableStream) {
    return (text: string) => {
      end();
      to.write(`${text}\n`);
    };
  }
  function draw(text: string) {
    if (text !== drawn) err.write(`${ERASE_LINE}${text}`);
    drawn = text;
  }
  return {
    print: writer(out),
    note: writer(err),
    outputClosed: closed.signal,
    end,
    ...(err.isTTY ? { draw } : {}),
  };
}

/**
 * In `ops … | head`, `head` may close the pipe early. A command with an end must complete its work nevertheless; a
 * command without an end watches `outputClosed`.
 */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
