/** Signatures by Standard Webhooks (https://www.standardwebhooks.com), with its reference library. */
import { Webhook } from 'standardwebhooks';

/**
 * Returns the headers by which a receiver verifies the origin of a request.
 * @param secrets `whsec_…`; each adds a signature
 */
export function signatureHeaders(
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: Date },
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
