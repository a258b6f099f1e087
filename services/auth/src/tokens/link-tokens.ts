import { hash, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';
import type { LinkTokens } from '../ports/tokens.ts';

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/** Creates link tokens. No state and no key is needed, because a token is valid if the journal has its hash. */
export function createLinkTokens(): LinkTokens {
  return {
    mint: (userId) => Buffer.concat([parse(userId), randomBytes(SECRET_BYTES)]).toString('base64url'),
    hash: (purpose, token) => hash('sha256', purpose + token, 'base64url'),
    account: (token) => {
      // 48 bytes fill 64 characters without spare bits, so each token has one spelling.
      if (!/^[\w-]{64}$/.test(token)) return undefined;
      return accountId(Buffer.from(token, 'base64url').subarray(0, ID_BYTES));
    },
  };
}

function accountId(bytes: Buffer): string | undefined {
  try {
    return stringify(bytes);
  } catch {
    return undefined;
  }
}
