/** Functions that report the failures of a subscription. */
import { StoppedError, type SubscriberLogger } from './subscriber.ts';

/**
 * Returns a logger that drops the warnings which say that records were not handled because the subscription
 * is stopping.
 */
export function loggerWithoutStopWarnings(logger: SubscriberLogger): Pick<SubscriberLogger, 'warn'> {
  return {
    warn(fields, message) {
      if (!('err' in fields && fields.err instanceof StoppedError)) logger.warn(fields, message);
    },
  };
}

/** Throws an uncaught exception, which ends the process unless the process handles uncaught exceptions. */
export function throwUncaughtException(reason: Error): void {
  queueMicrotask(() => {
    throw reason;
  });
}

/** Returns the message of an error, or the text of any other thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
