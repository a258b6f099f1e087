/** Returns a new Idempotency-Key. It must be unique, but it is no secret. */
export function newIdempotencyKey(): string {
  // React Native has no crypto object, and only pages on HTTPS have randomUUID.
  const { crypto } = globalThis as { readonly crypto?: { getRandomValues?(bytes: Uint8Array): unknown } };
  const bytes = new Uint8Array(16).map(() => Math.random() * 256);
  crypto?.getRandomValues?.(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
