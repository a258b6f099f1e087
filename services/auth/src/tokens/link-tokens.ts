import { hash, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';
import type { LinkTokenCodec } from '../ports/tokens.ts';

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * Matches the form of a link token. A token consists of 48 bytes, which are exactly 64 base64url characters
 * without unused bits, so each token has only one spelling.
 */
const WHOLE = /^[\w-]{64}$/;

/**
 * Returns whether a text has the form of a complete link token. A token that was cut off does not have this
 * form.
 */
export function isCompleteLinkToken(text: string): boolean {
  return WHOLE.test(text);
}

/** Matches whitespace, and the invisible characters that programs insert into long words. */
const blank = /[\s\u00ad\u200b-\u200d\u2060]/g;

/**
 * Returns the token from a link that somebody may have copied inaccurately. Removes whitespace, and
 * everything after the token, for example a full stop, a closing bracket or `;jsessionid=1`.
 */
export function trimLinkToken(text: string): string {
  return /^[\w-]*/.exec(text.replaceAll(blank, ''))?.[0] ?? '';
}

/**
 * Creates the codec of link tokens. It needs no state and no key, because a token is valid if the journal
 * contains its hash.
 */
export function createLinkTokenCodec(): LinkTokenCodec {
  return {
    mint: (userId) => Buffer.concat([parse(userId), randomBytes(SECRET_BYTES)]).toString('base64url'),
    hash: (purpose, token) => hash('sha256', purpose + token, 'base64url'),
    account: (token) => {
      if (!isCompleteLinkToken(token)) return undefined;
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
