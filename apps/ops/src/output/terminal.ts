import type { CommandContext } from '../context.ts';

/** The control characters that move to the beginning of the line and erase it (ECMA-48: CR, EL). */
const ERASE_LINE = '\r\u001b[K';

/** Writes lines to stdout and stderr. If stderr is a terminal, also draws a status line there. */
export function createTerminalOutput(
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Pick<CommandContext, 'print' | 'note' | 'draw' | 'outputClosed'> & {
  /** Completes the status line with a line break, so that further output begins on the next line. */
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
 * Ignores the error of writing to a closed pipe, which occurs when the reader exits early, as `head` does in
 * `ops … | head`. A command that changes something must still complete its work. A command that runs until it
 * is stopped watches `outputClosed` instead.
 */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
