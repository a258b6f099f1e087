/** Returns a new Idempotency-Key. The key must be unique, but need not be secret. */
export function newIdempotencyKey(): string {
  // `crypto.randomUUID` cannot be used: React Native has no crypto object, and browsers offer `randomUUID`
  // only to pages on HTTPS.
  const { crypto } = globalThis as { readonly crypto?: { getRandomValues?(bytes: Uint8Array): unknown } };
  const bytes = new Uint8Array(16).map(() => Math.random() * 256);
  crypto?.getRandomValues?.(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
