/**
 * When the service starts, encrypts all stored secrets with the current key, and finds secrets that no key
 * decrypts.
 */
import type { WebhookEndpoint } from './endpoint.ts';
import { type EndpointStore, updateEndpoint } from './ports.ts';
import { isSealedSecret, type SecretSealer } from './seal.ts';

/**
 * Decrypts all stored secrets, and returns those that are not encrypted with the current key.
 * @returns for each endpoint that has such secrets, a map from each secret's stored form to its plain text
 * @throws Error with a one-line message if there is no key, or if no key decrypts a secret; StoreUnavailable
 */
export async function findOutdatedSecrets(
  endpoints: Pick<EndpointStore, 'list'>,
  sealer: SecretSealer,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const outdated = new Map<string, ReadonlyMap<string, string>>();
  for (const { id, secrets } of await endpoints.list()) {
    if (!sealer.hasKey)
      throw new Error(`WEBHOOK_SECRET_KEY: is required, because there are webhooks (${id})`);
    const opened = new Map<string, string>();
    for (const { secret: stored } of secrets) {
      const secret = isSealedSecret(stored) ? await sealer.open(id, stored) : stored;
      if (!sealer.isCurrent(stored)) opened.set(stored, secret);
    }
    if (opened.size > 0) outdated.set(id, opened);
  }
  return outdated;
}

/**
 * Encrypts with the current key all secrets that are stored in plain text or encrypted with an earlier key.
 * @throws the errors of `findOutdatedSecrets`
 */
export async function sealOutdatedSecrets(
  endpoints: Pick<EndpointStore, 'list' | 'find' | 'replace'>,
  sealer: SecretSealer,
): Promise<void> {
  for (const [id, opened] of await findOutdatedSecrets(endpoints, sealer)) {
    const sealed = new Map<string, string>();
    for (const [stored, secret] of opened) sealed.set(stored, await sealer.seal(id, secret));
    await updateEndpoint(endpoints, id, (endpoint) => ({
      ...endpoint,
      secrets: endpoint.secrets.map((each) => ({ ...each, secret: sealed.get(each.secret) ?? each.secret })),
    }));
  }
}

type StoredSecret = WebhookEndpoint['secrets'][number];

/**
 * Returns the secrets of an endpoint that cannot be decrypted with any of the keys. Ignores secrets in plain
 * text.
 */
export async function findUnreadableSecrets(
  { id, secrets }: Pick<WebhookEndpoint, 'id' | 'secrets'>,
  sealer: Pick<SecretSealer, 'open'>,
): Promise<readonly StoredSecret[]> {
  const unreadable = await Promise.all(
    secrets.map(async (each) =>
      isSealedSecret(each.secret)
        ? sealer.open(id, each.secret).then(
            () => [],
            () => [each],
          )
        : [],
    ),
  );
  return unreadable.flat();
}
