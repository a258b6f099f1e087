import type { Logger } from '@latchkey/process';

/**
 * Logs an outage of the store only once, no matter how many parts of the dispatcher it affects. Also logs the
 * end of the outage.
 */
export interface StoreOutageLog {
  failed(part: string, error: unknown): void;
  recovered(part: string): void;
}

export function createStoreOutageLog(logger: Logger): StoreOutageLog {
  const failing = new Set<string>();
  return {
    failed(part, error) {
      if (failing.size === 0) logger.warn({ err: error }, 'deliveries cannot be reached: mails wait');
      failing.add(part);
    },
    recovered(part) {
      if (failing.delete(part) && failing.size === 0) logger.info('deliveries can be reached again');
    },
  };
}
