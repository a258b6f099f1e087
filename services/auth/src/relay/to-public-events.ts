import type { LatchkeyEvent } from '@latchkey/events';
import type { Commit } from '../ports/journal.ts';

/**
 * Returns a commit's events in the form in which they are published. Public fields are copied one by one,
 * instead of removing private ones, so that private fields that are added later cannot leak.
 */
export function toPublicEvents(commit: Commit): readonly LatchkeyEvent[] {
  return commit.events.map(
    ({ id, type, time, data }, index) =>
      // The cast is needed because the compiler does not see that `type` and `data` match: they come from the
      // same event.
      ({
        id,
        subject: commit.stream,
        sequence: commit.sequence + index,
        time,
        correlationId: commit.correlationId,
        causationId: commit.commandId,
        ...(commit.traceparent === undefined ? {} : { traceparent: commit.traceparent }),
        type,
        data,
      }) as LatchkeyEvent,
  );
}
