import type { EventOf, EventType } from '../catalogue.ts';

/** What happened. `data` is that of the current version, whichever version was published. */
export type SubscribedEvent<T extends EventType> = Pick<EventOf<T>, 'type' | 'data'>;

/** Of whom, when and in which order. */
export interface EventContext {
  /** The id of the account, or of the mailing for `MailRequested`. */
  readonly account: string;
  /** From 1, without gaps, per account. */
  readonly sequence: number;
  /** UUIDv7 of the event: the same each time that it is delivered. */
  readonly id: string;
  /** When it was decided: RFC 3339, UTC. */
  readonly time: string;
  /** The request that led to it. */
  readonly correlationId: string;
  /** W3C trace context, where the request had one. */
  readonly traceparent?: string;
}

/**
 * Handles one event. Once it resolves, the event counts as handled. If it rejects (a server is away, say), the
 * event comes again until it resolves; a {@link ParkError} parks the account instead.
 */
export type Handler<T extends EventType> = (
  event: SubscribedEvent<T>,
  context: EventContext,
) => Promise<void> | void;

/** A handler for each event that is of interest. The others are passed over. */
export type Handlers = { readonly [T in EventType]?: Handler<T> };

/** Thrown by a handler that will never be able to handle this event. Its message is stored and logged as the cause: name nobody. */
export class ParkError extends Error {
  override readonly name = 'ParkError';
}

/** A handler rejected; its own error is the `cause`. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError';
}

/** Undefined once the event was handled or nobody asked for it; else why its account is to be parked. */
export async function runHandler<T extends EventType>(
  handlers: Handlers,
  event: EventOf<T>,
): Promise<string | undefined> {
  const { type, data, subject, sequence } = event;
  const handler = handlers[type];
  try {
    await handler?.({ type, data }, contextOf(event));
    return undefined;
  } catch (error) {
    if (error instanceof ParkError) return error.message;
    throw new HandlerError(`The handler of ${type} failed on event ${sequence} of ${subject}.`, {
      cause: error,
    });
  }
}

function contextOf({ subject, sequence, id, time, correlationId, traceparent }: EventOf<EventType>) {
  return {
    account: subject,
    sequence,
    id,
    time,
    correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
