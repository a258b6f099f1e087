import { commonSettingSchemas, environmentSetting } from '@latchkey/process';
import { getDomain } from 'tldts';
import { z } from 'zod';

/**
 * The settings of the services that browsers call. Each of these settings must have the same value in all
 * services.
 */
export const originSettings = z.object({
  LATCHKEY_ENV: environmentSetting,
  FRONTEND_URL: commonSettingSchemas.url().optional().describe('The URL of the client app.'),
  CORS_ORIGINS: commonSettingSchemas
    .list()
    .refine(
      (origins) => origins.every(isOrigin),
      'must be a list of origins, such as https://app.example.com',
    )
    .describe(
      'Origins whose pages may call the API, comma-separated. Default: the origin of FRONTEND_URL. In development, any port of localhost is allowed too.',
    ),
});

export interface OriginConfig extends z.infer<typeof originSettings> {
  readonly PUBLIC_URL: string;
}

/**
 * Returns a function that says whether pages of an origin may call the API and send the cookie. Allowed are
 * the listed origins, the origin of PUBLIC_URL and, in development, localhost.
 */
export function createOriginCheck(config: OriginConfig): (origin: string) => boolean {
  const { CORS_ORIGINS, FRONTEND_URL, PUBLIC_URL, LATCHKEY_ENV } = config;
  const frontend = FRONTEND_URL === undefined ? [] : [new URL(FRONTEND_URL).origin];
  const listed = new Set([
    ...(CORS_ORIGINS.length > 0 ? CORS_ORIGINS : frontend),
    new URL(PUBLIC_URL).origin,
  ]);
  return (origin) => listed.has(origin) || (LATCHKEY_ENV === 'development' && isLocal(origin));
}

/**
 * Returns whether browsers consider two URLs the same site, which means that they have the same scheme and
 * the same registrable domain.
 */
export function areSameSite(firstUrl: string, secondUrl: string): boolean {
  const [a, b] = [new URL(firstUrl), new URL(secondUrl)];
  return a.protocol === b.protocol && siteOf(a) === siteOf(b);
}

/**
 * Returns the site of a URL's host, which is its registrable domain. For an IP address, or a name such as
 * `localhost`, the site is the host itself.
 */
function siteOf({ hostname }: URL): string {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//.test(text) && new URL(text).origin === text;
}

function isLocal(origin: string): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);
}

/**
 * Returns the path in PUBLIC_URL, for example `/id`, which a reverse proxy removes from requests; an empty
 * string if PUBLIC_URL has no path.
 */
export function getPublicPath({ PUBLIC_URL }: Pick<OriginConfig, 'PUBLIC_URL'>): string {
  return new URL(PUBLIC_URL).pathname.replace(/\/+$/, '');
}
