import type { EventOf, EventType } from '../catalogue.ts';

/**
 * An event as its handler receives it. `data` is always in the current version of its schema, even if the
 * event was published in an older version.
 */
export type SubscribedEvent<T extends EventType> = Pick<EventOf<T>, 'type' | 'data'>;

/** The account of an event, its time, and its position in the account's history. */
export interface EventContext {
  /**
   * The id of the account; for `MailRequested`, the id of the mailing; for `MailBounced` and `MailMarkedAsSpam`,
   * the id of the delivery.
   */
  readonly account: string;
  /** The number of the event within its account: from 1, without gaps. */
  readonly sequence: number;
  /**
   * The `head` of the account's position after this event; absent if the event's hash was not verified. If
   * your handler stores `sequence` together with its own data, and your sequence store reads it from there,
   * the handler must also store `head`.
   */
  readonly head?: string;
  /** The id of the event: a UUIDv7 from auth, a UUIDv5 from the notifier. It is the same each time the event is delivered. */
  readonly id: string;
  /** When the event was appended to the journal: RFC 3339, UTC. */
  readonly time: string;
  /** Id of the request that caused the event. */
  readonly correlationId: string;
  /** W3C trace context, if the request had one. */
  readonly traceparent?: string;
}

/**
 * Handles one event. If the handler resolves, the event counts as handled. If the handler rejects, for
 * example because a server is unavailable, the event is delivered again. If it rejects with a {@link
 * ParkError}, the account is parked instead.
 */
export type Handler<T extends EventType> = (
  event: SubscribedEvent<T>,
  context: EventContext,
) => Promise<void> | void;

/** A handler per event type. Events without a handler are skipped. */
export type Handlers = { readonly [T in EventType]?: Handler<T> };

/** A handler that erases the data that a service has about an account. */
export type ErasedHandler = (account: string, context: EventContext) => Promise<void> | void;

/**
 * Returns the given handlers and a handler of `AccountErased` that calls `erased` and then confirms the
 * erasure. Returns the handlers unchanged if `erased` is not given.
 * @throws RangeError if both `erased` and a handler of `AccountErased` are given
 */
export function withErasureReceipt(
  { handlers, erased }: { readonly handlers: Handlers; readonly erased?: ErasedHandler },
  confirm: (account: string, sequence: number) => Promise<void>,
): Handlers {
  if (erased === undefined) return handlers;
  if (handlers.AccountErased !== undefined)
    throw new RangeError('`erased` replaces the handler of AccountErased: pass only one of them.');
  return {
    ...handlers,
    async AccountErased(_event, context) {
      await erased(context.account, context);
      await confirm(context.account, context.sequence);
    },
  };
}

/**
 * Thrown by a handler that can never handle this event. The message is stored and logged as the cause, so it
 * must not contain personal data.
 */
export class ParkError extends Error {
  override readonly name = 'ParkError';
}

/** Thrown if a handler rejects; `cause` is the handler's error. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError';
}

/**
 * Runs the handler of an event, if events of its type have a handler.
 * @param head the head of the account's position after this event, if it is known
 * @returns undefined, or the reason to park the account
 * @throws HandlerError if the handler rejects
 */
export async function runHandler<T extends EventType>(
  handlers: Handlers,
  event: EventOf<T>,
  head?: string,
): Promise<string | undefined> {
  const { type, data, subject, sequence } = event;
  const handler = handlers[type];
  try {
    await handler?.({ type, data }, contextOf(event, head));
    return undefined;
  } catch (error) {
    if (error instanceof ParkError) return error.message;
    throw new HandlerError(`The handler of ${type} failed on event ${sequence} of ${subject}.`, {
      cause: error,
    });
  }
}

function contextOf(
  { subject, sequence, id, time, correlationId, traceparent }: EventOf<EventType>,
  head: string | undefined,
): EventContext {
  return {
    account: subject,
    sequence,
    ...(head === undefined ? {} : { head }),
    id,
    time,
    correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
