import { accountEventTypes, isAccountEventType } from '@latchkey/events';
import { createUnavailableProblem, createValidationProblem, Problem, standardProblems } from '@latchkey/http';
import type { FeedReaderView } from './cloud-event.ts';
import type { FeedReader } from './feed.ts';

/**
 * Returns which events a client of the feed gets: the types that it requests or, if it requests none, all
 * types that its key allows.
 * @throws Problem (validation_failed) if the client requests an unknown type and gets no placeholders. A
 * client that gets placeholders may request unknown types, because it may be from a later release, which has
 * more types. Problem (insufficient_permission) if the client requests a type that its key does not allow. If
 * these requests were not refused, the client would wait for events that it never gets, and would not notice,
 * for example, that a token was revoked
 */
export function selectReaderView(
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
  return createValidationProblem([{ pointer: '#/query/types', code: 'not_allowed', message }]);
}

function typesProblem({ name, types = [], person }: FeedReader, refused: readonly string[]): Problem {
  const needed = [...new Set([...types, ...refused])].join();
  const command = `npm run ops -- clients add ${name} --scope events --types ${needed}${person ? ' --person' : ''}`;
  return new Problem(standardProblems.insufficient_permission, {
    detail: `The API key does not allow events of these types: ${refused.join(', ')}. Create a key that does: ${command}`,
  });
}

/**
 * Runs work that reads the log.
 * @throws Problem (unavailable) if the log cannot be read
 */
export async function mapLogFailuresToProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw createUnavailableProblem('Events cannot be read at the moment. Try again.', 1, error);
  }
}
