import { accountEventTypes, isAccountEventType } from '@latchkey/events';
import { Problem, standardProblems, unavailableProblem, validationProblem } from '@latchkey/http';
import type { FeedReaderView } from './cloud-event.ts';
import type { FeedReader } from './feed.ts';

/**
 * Returns which events a client gets in response to a request: those of the requested types, or of all types that its
 * key allows.
 * @throws Problem (validation_failed) for an unknown type, unless the client gets placeholders: then it misses nothing,
 * and may be a subscriber of a later release, which has further types. Problem (insufficient_permission) if the client
 * requests a type that its key does not allow. Without these errors, the client would wait in vain for these events and,
 * for example, never learn that a token was revoked
 */
export function readerViewOfRequest(
  reader: FeedReader,
  {
    types: wanted,
    placeholders,
  }: { readonly types?: readonly string[] | undefined; readonly placeholders: boolean },
): FeedReaderView {
  const { types: allowed, person } = reader;
  if (!placeholders && wanted?.some((type) => !isAccountEventType(type))) throw unknownTypesProblem();
  const refused = allowed === undefined ? [] : (wanted ?? []).filter((type) => !allowed.includes(type));
  if (refused.length > 0) throw typesProblem(reader, refused);
  const types = wanted ?? allowed;
  return { ...(types && { types: new Set(types) }), person, placeholders };
}

function unknownTypesProblem(): Problem {
  const message = `must be types of events, separated by commas: ${accountEventTypes.join(', ')}`;
  return validationProblem([{ pointer: '#/query/types', code: 'not_allowed', message }]);
}

function typesProblem({ name, types = [], person }: FeedReader, refused: readonly string[]): Problem {
  const needed = [...new Set([...types, ...refused])].join();
  const command = `npm run ops -- clients add ${name} --scope events --types ${needed}${person ? ' --person' : ''}`;
  return new Problem(standardProblems.insufficient_permission, {
    detail: `The API key does not allow events of these types: ${refused.join(', ')}. Create a key that does: ${command}`,
  });
}

/** Runs work. @throws Problem (unavailable) if it fails because the log cannot be read */
export async function mapLogFailuresToProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailableProblem('Events cannot be read at the moment. Try again.', 1, error);
  }
}
