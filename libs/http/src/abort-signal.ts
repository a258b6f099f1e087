/** For each response, a signal that is aborted when the work on the response should end. */
import type { ServerResponse } from 'node:http';

const endings = new WeakMap<ServerResponse, AbortController>();

function controllerOf(response: ServerResponse): AbortController {
  const known = endings.get(response);
  if (known !== undefined) return known;
  const ending = new AbortController();
  endings.set(response, ending);
  if (response.closed) ending.abort();
  response.once('close', () => ending.abort());
  return ending;
}

/**
 * Returns the signal of a response. The signal is aborted once the client has disconnected, or when {@link
 * abortResponseSignal} is called.
 */
export function getResponseAbortSignal(response: ServerResponse): AbortSignal {
  return controllerOf(response).signal;
}

/** Aborts the signal of a response, even if nothing has requested the signal yet. */
export function abortResponseSignal(response: ServerResponse): void {
  controllerOf(response).abort();
}
