/** Reads the digests of container images from the registries that store the images (OCI distribution specification). */

export interface ImageReference {
  /** The name of the image with its tag, such as `apache/kafka:4.3.1`. */
  readonly reference: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

const DOCKER_HUB = 'registry-1.docker.io';
/**
 * The media types to accept. The list of all platforms comes first, because the digest of this list is valid on every
 * type of machine.
 */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * Parses the name of an image, which must contain a tag.
 * @throws Error if the tag is missing
 */
export function parseImageReference(reference: string): ImageReference {
  const [, name = '', tag] = /^(.+):([\w.-]+)$/.exec(reference) ?? [];
  if (tag === undefined) throw new Error(`${reference} has no tag`);
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (isHost) return { reference, registry: first, repository: rest.join('/'), tag };
  const repository = rest.length === 0 ? `library/${name}` : name;
  return { reference, registry: DOCKER_HUB, repository, tag };
}

/**
 * Requests from its registry the digest that an image's tag currently has.
 * @returns `sha256:…`
 * @throws Error that names the image, if the registry is unavailable or does not have the image
 */
export async function fetchImageDigest(image: ImageReference): Promise<string> {
  const { reference, registry, repository, tag } = image;
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(registry) ? 'http' : 'https';
  const url = `${scheme}://${registry}/v2/${repository}/manifests/${tag}`;
  let answer = await ask(url, reference);
  if (answer.status === 401) answer = await ask(url, reference, await tokenFor(answer, reference));
  const digest = answer.headers.get('docker-content-digest') ?? '';
  if (answer.ok && /^sha256:[\da-f]{64}$/.test(digest)) return digest;
  throw new Error(`${reference}: ${registry} answered ${answer.status} without a digest`);
}

function ask(url: string, reference: string, token?: string): Promise<Response> {
  const headers = { Accept: MANIFESTS, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  return fetch(url, { method: 'HEAD', headers }).catch((error: Error) => {
    throw new Error(`${reference}: ${new URL(url).host} cannot be reached`, { cause: error });
  });
}

/**
 * Requests an anonymous token for reading an image, from the authorization server that the registry names when it
 * refuses a request.
 */
async function tokenFor(refusal: Response, reference: string): Promise<string> {
  const challenge = refusal.headers.get('www-authenticate') ?? '';
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  if (realm === undefined) throw new Error(`${reference}: its registry wants a login`);
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`);
  const body: unknown = answer.ok ? await answer.json() : undefined;
  if (typeof body === 'object' && body !== null && 'token' in body) return String(body.token);
  throw new Error(`${reference}: its registry gives no anonymous token`);
}
