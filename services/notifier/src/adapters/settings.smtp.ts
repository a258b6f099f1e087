/** Converts the notifier's settings to the options of the SMTP mailer. */
import { isIP } from 'node:net';
import { DEFAULT_BRAND_NAME } from '@latchkey/brand';
import { toDkimSigningSettings } from '../dkim-settings.ts';
import type { MailSettings } from '../mail-settings.ts';
import type { MailTestSettings } from '../mail-test-settings.ts';
import { createReturnPathsFromSettings } from '../reports/return-paths.ts';
import { SMTP_TIMEOUTS, type SmtpTimeouts } from './connection.smtp.ts';
import { createDkimSigner } from './dkim.smtp.ts';
import type { SmtpAccessTokenSource, SmtpCredentials } from './login.smtp.ts';
import type { SmtpSettings } from './mailer.smtp.ts';
import { createFileTokenSource, createOAuthTokenSource } from './oauth-tokens.ts';
import { POSTMARK_METADATA_KEY } from './reports.postmark.ts';

/**
 * Returns the options of the SMTP mailer.
 * @param publicUrl a URL whose host is used in EHLO if no setting contains an EHLO name
 * @throws Error that names a missing setting
 */
export function toSmtpSettings(config: MailTestSettings, publicUrl?: string): SmtpSettings {
  const { MAIL_SERVER: host, MAIL_FROM: address, MAIL_SSL_TLS: implicitTls } = config;
  const dkim = toDkimSigningSettings(config);
  const returnPaths = createReturnPathsFromSettings(config);
  if (host === undefined) throw new Error('MAIL_SERVER: is required');
  if (address === undefined) throw new Error('MAIL_FROM: is required with MAIL_SERVER');
  return {
    host,
    port: config.MAIL_PORT ?? (implicitTls ? 465 : 587),
    implicitTls,
    startTls: config.MAIL_STARTTLS ?? !implicitTls,
    validateCertificates: config.VALIDATE_CERTS,
    ...(config.USE_CREDENTIALS && { credentials: credentialsOf(config) }),
    ehloName: config.MAIL_EHLO_NAME ?? domainOf(publicUrl) ?? address.slice(address.lastIndexOf('@') + 1),
    from: { name: config.MAIL_FROM_NAME ?? config.BRAND_NAME ?? DEFAULT_BRAND_NAME, address },
    ...(dkim && { sign: createDkimSigner(dkim) }),
    ...(returnPaths && { returnPathOf: returnPaths.addressOf }),
    ...(config.MAIL_POSTMARK_CREDENTIALS && {
      headersOf: (id: string) => ({ [`X-PM-Metadata-${POSTMARK_METADATA_KEY}`]: id }),
    }),
    connections: config.MAIL_CONNECTIONS,
    waits: waitsUpTo(config.MAIL_WAIT_SECONDS * 1000),
  };
}

function credentialsOf(config: MailSettings): SmtpCredentials {
  const { MAIL_AUTH: method, MAIL_USERNAME: username = '', MAIL_PASSWORD: password = '' } = config;
  return method === 'xoauth2' ? { username, tokens: tokensOf(config) } : { username, password, method };
}

function tokensOf(config: MailSettings): SmtpAccessTokenSource {
  const {
    MAIL_OAUTH_TOKEN_FILE: file,
    MAIL_OAUTH_REFRESH_TOKEN: refreshToken,
    MAIL_OAUTH_SCOPE: scope,
  } = config;
  if (file !== undefined) return createFileTokenSource(file);
  return createOAuthTokenSource(
    {
      tokenUrl: config.MAIL_OAUTH_TOKEN_URL ?? '',
      clientId: config.MAIL_OAUTH_CLIENT_ID ?? '',
      clientSecret: config.MAIL_OAUTH_CLIENT_SECRET ?? '',
      ...(refreshToken !== undefined && { refreshToken }),
      ...(scope !== undefined && { scope }),
    },
    () => performance.now(),
  );
}

/** Returns the host of a URL; undefined if the host is not a domain name that a mail server can look up. */
function domainOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const { hostname } = new URL(url);
  return hostname.includes('.') && isIP(hostname) === 0 ? hostname : undefined;
}

function waitsUpTo(most: number): SmtpTimeouts {
  const entries = Object.entries(SMTP_TIMEOUTS).map(([stage, ms]) => [stage, Math.min(ms, most)]);
  return Object.fromEntries(entries) as unknown as SmtpTimeouts;
}
