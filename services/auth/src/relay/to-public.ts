import type { LatchkeyEvent } from '@latchkey/events';
import type { Commit } from '../ports/journal.ts';

/**
 * The published form of a commit's events, in order. Fields are picked, not dropped: what is private, now or
 * in a later version, cannot slip through.
 */
export function toPublic(commit: Commit): readonly LatchkeyEvent[] {
  return commit.events.map(
    ({ id, type, time, data }, index) =>
      // Type and data come from one fact and so belong together, which the compiler has lost sight of.
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
