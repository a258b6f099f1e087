/** Erases the person from a stored commit. Shared by all adapters. */
import { type ChainEntry, eraseSalt } from '@latchkey/events';

/** Returns the stored events, of any version, without personal data. A damaged event is dropped as a whole. */
export function erasePersonFromEvents(events: unknown): readonly object[] {
  return (Array.isArray(events) ? events : []).flatMap((event: unknown) =>
    isObject(event) ? erased(event) : [],
  );
}

/** Returns the claims that contain no address. They remain in force after the erasure. */
export function claimsWithoutAddress(claims: readonly string[] = []): readonly string[] {
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
 * Returns private fields without personal data and without links. Keeps their shape, because decisions read fields that
 * any release may have written.
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
