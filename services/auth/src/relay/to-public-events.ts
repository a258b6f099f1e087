import type { LatchkeyEvent } from '@latchkey/events';
import type { Commit } from '../ports/journal.ts';

/**
 * Returns the published form of a commit's events, in order. Selects fields instead of removing some, so that
 * private data of this or a later version cannot leak.
 */
export function toPublicEvents(commit: Commit): readonly LatchkeyEvent[] {
  return commit.events.map(
    ({ id, type, time, data }, index) =>
      // Type and data match because they come from one fact; the compiler cannot infer that.
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
