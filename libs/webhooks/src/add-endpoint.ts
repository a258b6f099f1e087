/**
 * Adds webhook endpoints and creates their secrets. Refuses disallowed URLs, and more than MAX_ENDPOINTS
 * endpoints.
 */
import { findEndpointUrlFault } from './addresses.ts';
import {
  createEndpoint,
  generateEndpointId,
  generateEndpointSecret,
  MAX_ENDPOINTS,
  type NewEndpoint,
  type WebhookEndpoint,
  withNewSecret,
} from './endpoint.ts';
import { EndpointRefusedError } from './endpoint-refused.ts';
import { type EndpointStore, updateEndpoint } from './ports.ts';
import { isSealedSecret, type SecretSealer } from './seal.ts';

/**
 * Asserts that webhooks may call a URL.
 * @throws EndpointRefusedError with the reason `url`
 */
export function assertEndpointUrlAllowed(
  url: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): void {
  const fault = findEndpointUrlFault(url, { allowPrivate });
  if (fault !== undefined) throw new EndpointRefusedError('url', fault);
}

/** A webhook endpoint, with its secret in plain text. The store contains only the encrypted secret. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

type Sealer = Pick<SecretSealer, 'seal' | 'open'>;

/**
 * Asserts that a sealer can decrypt the stored secrets. If it cannot, this process has a different key than
 * the user service. After a secret was encrypted with this key, the user service would refuse to start.
 * @throws EndpointRefusedError
 */
async function assertOpens(sealer: Pick<Sealer, 'open'>, stored: readonly WebhookEndpoint[]): Promise<void> {
  for (const { id, secrets } of stored)
    for (const { secret } of secrets)
      if (isSealedSecret(secret))
        await sealer.open(id, secret).catch(() => {
          throw new EndpointRefusedError(
            'other-key',
            `WEBHOOK_SECRET_KEY does not open the secret of webhook ${id}. Use the key of the user service.`,
          );
        });
}

/** Adds an endpoint with a newly generated secret. @throws EndpointRefusedError, StoreUnavailable */
export async function addEndpoint(
  endpoints: Pick<EndpointStore, 'add' | 'list'>,
  fields: NewEndpoint,
  {
    allowPrivate,
    sealer,
    now,
  }: { readonly allowPrivate: boolean; readonly sealer: Sealer; readonly now: Date },
): Promise<EndpointWithSecret> {
  assertEndpointUrlAllowed(fields.url, { allowPrivate });
  const id = generateEndpointId();
  const secret = generateEndpointSecret();
  const endpoint = createEndpoint(fields, { id, sealed: await sealer.seal(id, secret), now });
  await assertOpens(sealer, await endpoints.list());
  if (!(await endpoints.add(endpoint, MAX_ENDPOINTS)))
    throw new EndpointRefusedError(
      'number',
      `There are already ${MAX_ENDPOINTS} webhooks, which is the maximum.`,
    );
  return { endpoint, secret };
}

/**
 * Adds a new secret to an endpoint. Until the time `until`, requests are also signed with the former secrets.
 * @returns undefined if there is no such endpoint
 * @throws EndpointRefusedError, StoreUnavailable
 */
export async function rotateEndpointSecret(
  endpoints: Pick<EndpointStore, 'find' | 'replace'>,
  id: string,
  { sealer, ...times }: { readonly sealer: Sealer; readonly now: Date; readonly until: Date },
): Promise<EndpointWithSecret | undefined> {
  const secret = generateEndpointSecret();
  const sealed = await sealer.seal(id, secret);
  const stored = await endpoints.find(id);
  await assertOpens(sealer, stored === undefined ? [] : [stored]);
  const endpoint = await updateEndpoint(endpoints, id, (each) => withNewSecret(each, { sealed, ...times }));
  return endpoint && { endpoint, secret };
}
