/** Adds endpoints, within what may be called and how many there may be. */
import { faultOfUrl } from './addresses.ts';
import { MAX_ENDPOINTS, type NewEndpoint, newEndpoint, type WebhookEndpoint } from './endpoint.ts';
import type { Endpoints } from './ports.ts';

/** The endpoint cannot be added or changed. The message is one sentence for the person who tried. */
export class EndpointRefused extends Error {
  override readonly name = 'EndpointRefused';
  /** What is refused. */
  readonly reason: 'url' | 'number';

  constructor(reason: EndpointRefused['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Checks that a URL may be called. @throws EndpointRefused; the message follows "The URL" */
export function assertCallable(url: string, { allowPrivate }: { readonly allowPrivate: boolean }): void {
  const fault = faultOfUrl(url, { allowPrivate });
  if (fault !== undefined) throw new EndpointRefused('url', fault);
}

/** @throws EndpointRefused; StoreUnavailable */
export async function addEndpoint(
  endpoints: Pick<Endpoints, 'add' | 'list'>,
  fields: NewEndpoint,
  { allowPrivate, now }: { readonly allowPrivate: boolean; readonly now: Date },
): Promise<WebhookEndpoint> {
  assertCallable(fields.url, { allowPrivate });
  if ((await endpoints.list()).length >= MAX_ENDPOINTS)
    throw new EndpointRefused('number', `There are ${MAX_ENDPOINTS} webhooks, which is the most.`);
  const endpoint = newEndpoint(fields, now);
  await endpoints.add(endpoint);
  return endpoint;
}
