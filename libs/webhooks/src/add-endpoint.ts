/** Adds endpoints and creates their secrets. Refuses URLs that must not be called, and more than MAX_ENDPOINTS. */
import { faultOfUrl } from './addresses.ts';
import {
  MAX_ENDPOINTS,
  makeId,
  makeSecret,
  type NewEndpoint,
  newEndpoint,
  type WebhookEndpoint,
  withNewSecret,
} from './endpoint.ts';
import { EndpointRefused } from './endpoint-refused.ts';
import { changeEndpoint, type Endpoints } from './ports.ts';
import type { SecretSealer } from './seal.ts';

/** Checks that a URL may be called. @throws EndpointRefused; the message follows "The URL" */
export function assertUrlAllowed(url: string, { allowPrivate }: { readonly allowPrivate: boolean }): void {
  const fault = faultOfUrl(url, { allowPrivate });
  if (fault !== undefined) throw new EndpointRefused('url', fault);
}

/** An endpoint with its plain secret, which is stored only sealed. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** @throws EndpointRefused; StoreUnavailable */
export async function addEndpoint(
  endpoints: Pick<Endpoints, 'add' | 'list'>,
  fields: NewEndpoint,
  {
    allowPrivate,
    sealer,
    now,
  }: { readonly allowPrivate: boolean; readonly sealer: Pick<SecretSealer, 'seal'>; readonly now: Date },
): Promise<EndpointWithSecret> {
  assertUrlAllowed(fields.url, { allowPrivate });
  if ((await endpoints.list()).length >= MAX_ENDPOINTS)
    throw new EndpointRefused('number', `There are ${MAX_ENDPOINTS} webhooks, which is the most.`);
  const id = makeId();
  const secret = makeSecret();
  const endpoint = newEndpoint(fields, { id, sealed: await sealer.seal(id, secret), now });
  await endpoints.add(endpoint);
  return { endpoint, secret };
}

/**
 * Adds a secret to an endpoint. Until `until`, requests are also signed with the former secrets.
 * @returns undefined if there is no such endpoint
 * @throws EndpointRefused; StoreUnavailable
 */
export async function rotateSecret(
  endpoints: Pick<Endpoints, 'find' | 'replace'>,
  id: string,
  {
    sealer,
    ...times
  }: { readonly sealer: Pick<SecretSealer, 'seal'>; readonly now: Date; readonly until: Date },
): Promise<EndpointWithSecret | undefined> {
  const secret = makeSecret();
  const sealed = await sealer.seal(id, secret);
  const endpoint = await changeEndpoint(endpoints, id, (each) => withNewSecret(each, { sealed, ...times }));
  return endpoint && { endpoint, secret };
}
