/** Signatures by Standard Webhooks (https://www.standardwebhooks.com), with its reference library. */
import { Webhook } from 'standardwebhooks';

/**
 * Returns the headers that prove where a request comes from.
 * @param secrets `whsec_…`; there is a signature by each of them
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
