/** Removes personal data from a stored commit. Shared by all adapters. */
import { type ChainEntry, eraseSalt } from '@latchkey/events';

/**
 * Returns stored events, of any schema version, without personal data. Events that are not objects are
 * dropped.
 */
export function erasePersonFromEvents(events: unknown): readonly object[] {
  return (Array.isArray(events) ? events : []).flatMap((event: unknown) =>
    isObject(event) ? erased(event) : [],
  );
}

/** Returns the claims that a commit keeps after an erasure: all claims except those on email addresses. */
export function removeAddressClaims(claims: readonly string[] = []): readonly string[] {
  return claims.filter((claim) => !claim.startsWith('address:'));
}

function erased(event: Readonly<Record<string, unknown>>): object {
  const { data, private: kept, chain, ...rest } = event;
  return {
    ...rest,
    data: isObject(data) && data['person'] !== undefined ? { ...data, person: null } : data,
    ...(isObject(kept) && { private: erasedPrivate(kept) }),
    ...(isObject(chain) && { chain: eraseSalt(chain as unknown as ChainEntry) }),
  };
}

/**
 * Replaces the texts in private fields by empty texts, because they may contain personal data or links. Keeps
 * the field names, because readers expect the fields to be present, whichever release wrote them.
 */
function erasedPrivate(kept: Readonly<Record<string, unknown>>): object {
  const texts = Object.entries(kept).filter(
    ([name, value]) => typeof value === 'string' && name !== 'withheldUntil',
  );
  return Object.fromEntries(texts.map(([name]) => [name, '']));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
