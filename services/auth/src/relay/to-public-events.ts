import type { LatchkeyEvent } from '@latchkey/events';
import type { Commit } from '../ports/journal.ts';

/**
 * Returns the events of a commit in the form in which they are published. Copies the public fields one by
 * one. If it removed the private fields instead, a private field that is added later could be published by
 * mistake.
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
