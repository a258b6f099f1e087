/** How a subscription reports what fails. */
import { StoppedError, type SubscriberLogger } from './subscriber.ts';

/** A slice that is abandoned because the subscription stops is not a failure. */
export function ignoringStops(logger: SubscriberLogger): Pick<SubscriberLogger, 'warn'> {
  return {
    warn(fields, message) {
      if (!('err' in fields && fields.err instanceof StoppedError)) logger.warn(fields, message);
    },
  };
}

/** Ends the process, unless it catches everything. */
export function end(reason: Error): void {
  queueMicrotask(() => {
    throw reason;
  });
}
