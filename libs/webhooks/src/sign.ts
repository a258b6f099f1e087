/**
 * Signs requests according to Standard Webhooks (https://www.standardwebhooks.com), with its reference
 * library.
 */
import { Webhook } from 'standardwebhooks';

/**
 * Returns the headers with which a receiver verifies that a request comes from Latchkey.
 * @param secrets the secrets of the endpoint (`whsec_…`); each secret adds a signature
 */
export function createSignatureHeaders(
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: Date },
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
