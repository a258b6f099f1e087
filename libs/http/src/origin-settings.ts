import { environmentSetting, setting } from '@latchkey/process';
import { z } from 'zod';

/** Settings of every service that browsers call. All services must have the same values. */
export const originSettings = z.object({
  LATCHKEY_ENV: environmentSetting,
  FRONTEND_URL: setting.url().optional().describe('The client app.'),
  CORS_ORIGINS: setting
    .list()
    .refine(
      (origins) => origins.every(isOrigin),
      'must be a list of origins, such as https://app.example.com',
    )
    .describe(
      "Origins whose pages may call, comma-separated. Default: FRONTEND_URL's. In development also any port of localhost.",
    ),
});

export interface OriginConfig extends z.infer<typeof originSettings> {
  readonly PUBLIC_URL: string;
}

/** Returns whether an origin may call and send the cookie: listed origins, our own, in development localhost. */
export function allowedOrigins(config: OriginConfig): (origin: string) => boolean {
  const { CORS_ORIGINS, FRONTEND_URL, PUBLIC_URL, LATCHKEY_ENV } = config;
  const frontend = FRONTEND_URL === undefined ? [] : [new URL(FRONTEND_URL).origin];
  const listed = new Set([
    ...(CORS_ORIGINS.length > 0 ? CORS_ORIGINS : frontend),
    new URL(PUBLIC_URL).origin,
  ]);
  return (origin) => listed.has(origin) || (LATCHKEY_ENV === 'development' && isLocal(origin));
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//.test(text) && new URL(text).origin === text;
}

function isLocal(origin: string): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);
}

/** Returns the path of PUBLIC_URL, which a proxy in front removes: `/id`; empty if there is none. */
export function publicPathOf({ PUBLIC_URL }: Pick<OriginConfig, 'PUBLIC_URL'>): string {
  return new URL(PUBLIC_URL).pathname.replace(/\/+$/, '');
}
