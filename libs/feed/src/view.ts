import { unavailableProblem } from '@latchkey/http';
import type { ReaderView } from './cloud-event.ts';
import type { FeedReader } from './feed.ts';

/** Returns what a client gets in response to a request: the types of events that it requests, as far as its key allows. */
export function viewOfRequest(
  { types: allowed, person }: FeedReader,
  {
    types: wanted,
    placeholders,
  }: { readonly types?: readonly string[] | undefined; readonly placeholders: boolean },
): ReaderView {
  if (wanted === undefined) return { ...(allowed && { types: new Set(allowed) }), person, placeholders };
  const types = new Set(allowed === undefined ? wanted : wanted.filter((type) => allowed.includes(type)));
  return { types, person, placeholders };
}

/** Runs work. @throws Problem (unavailable) if it fails because the log cannot be read */
export async function mapLogFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailableProblem('Events cannot be read at the moment. Try again.', 1, error);
  }
}
