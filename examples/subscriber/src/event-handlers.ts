import type { Handlers } from '@latchkey/events/subscribe';
import type { TokenCache } from './token-cache.ts';

export interface EventHandlersDeps {
  readonly tokens: Pick<TokenCache, 'revoke'>;
  readonly logger: { info(fields: object, message: string): void };
}

/**
 * Returns the functions that handle events. They log the id of the account, but never the person's name or email
 * address, because many people can read logs.
 */
export function createEventHandlers({ tokens, logger }: EventHandlersDeps): Handlers {
  return {
    UserRegistered({ data }, { account }) {
      logger.info({ account, locale: data.locale }, 'welcome');
    },

    SessionsRevoked({ data }, { account, sequence }) {
      const forgotten = tokens.revoke(account, sequence);
      logger.info({ account, reason: data.reason, forgotten }, 'tokens forgotten');
    },
  };
}
