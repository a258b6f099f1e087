/**
 * Limits how long the client waits. Does not use AbortSignal.timeout and AbortSignal.any, which React Native
 * lacks.
 */

/** The time limit of the client's own requests, and of waiting for another tab, in ms. */
export const MAX_REQUEST_DURATION_MS = 10_000;

/**
 * Returns the result of the work. Rejects earlier if the signal is aborted first.
 * @throws the reason of the abort
 */
export async function rejectWhenAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason ?? namedError('AbortError', 'The request was aborted.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/**
 * Runs work, and aborts its signal if the work takes longer than `MAX_REQUEST_DURATION_MS`. @throws
 * TimeoutError
 */
export async function withDeadline<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(
    () => controller.abort(namedError('TimeoutError', 'The server has not responded in time.')),
    MAX_REQUEST_DURATION_MS,
  );
  try {
    return await rejectWhenAborted(work(signal), signal);
  } finally {
    clearTimeout(timer);
  }
}

function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
