/** The settings of the mail server. The error messages about invalid values say how to correct the values. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { brandNameField } from '@latchkey/brand';
import { commonSettingSchemas } from '@latchkey/process';
import { z } from 'zod';

function plainText(most: number) {
  return z
    .string()
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), 'must not contain control characters');
}

const EXAMPLE = 'such as smtp.example.com';
/** Matches values of a mail setting that are clearly meant for a different setting, such as `true`. */
const FLAG = /^(?:true|false|yes|no|on|off|null|none|undefined)$/i;
/** Matches a host name. Underscores are not allowed in domains, but Docker allows them in the names of services. */
const HOST_NAME =
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/** Returns what is wrong with the name of a mail server; undefined if it is valid. */
function faultOfServer(text: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(text.trim()))
    return `must be a host name alone, ${EXAMPLE}, not a URL: the port goes to MAIL_PORT`;
  if (/\s/.test(text)) return 'must not contain spaces';
  if (/["'`]/.test(text)) return 'must not contain quotes';
  if (/[,;|]/.test(text)) return `must be one host name, ${EXAMPLE}, not a list`;
  if (/^\[.*\]$/.test(text)) return 'must be an IPv6 address without brackets, such as ::1';
  if (isIP(text) !== 0) return undefined;
  if (/^\d+$/.test(text)) return `must be a host name, ${EXAMPLE}: a port goes to MAIL_PORT`;
  if (/:\d*$/.test(text)) return 'must be a host name without the port: that goes to MAIL_PORT';
  if (text.includes('@')) return `must be a host name, ${EXAMPLE}, not an address`;
  if (/[/\\?#]/.test(text)) return `must be a host name alone, ${EXAMPLE}, without a path`;
  // Check for numbers and percent signs here, because `domainToASCII` accepts numbers as IPv4 addresses
  // (`127.1`, `0x7f.1`), and decodes `%2e`.
  const isNumeric = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(text);
  const isName = HOST_NAME.test(domainToASCII(text)) && !text.includes('%');
  return isName && !isNumeric && !FLAG.test(text) ? undefined : `must be a host name, ${EXAMPLE}`;
}

const server = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const message = faultOfServer(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .transform((text) => (isIP(text) === 0 ? domainToASCII(text) : text));

const mailbox = z.email();

/** Returns what is wrong with a sender address that is not a valid email address. */
function faultOfSender(text: string): string {
  if (/[<>"]/.test(text)) return 'must be the address alone: the name goes to MAIL_FROM_NAME';
  if (!text.includes('@')) return 'must have a domain, such as noreply@example.com';
  if (/[^\x20-\x7e]/.test(text.slice(0, text.lastIndexOf('@')))) return 'must be ASCII before the @';
  return 'must be an email address, such as noreply@example.com';
}

/** Parses the sender's email address. Its domain may be in any script, and is converted to Punycode (RFC 5890). */
const sender = z.string().transform((text, context) => {
  const at = text.lastIndexOf('@');
  const address = at < 0 ? text : `${text.slice(0, at)}@${domainToASCII(text.slice(at + 1))}`;
  if (mailbox.safeParse(address).success) return address;
  context.addIssue({ code: 'custom', message: faultOfSender(text) });
  return z.NEVER;
});

const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.|$))+$/;

/** Returns a name for EHLO: a domain in ASCII, or an IP address in brackets. Returns undefined if the name is invalid. */
function toEhloName(text: string): string | undefined {
  const [, tag = '', address] = /^\[(IPv6:)?(.*)\]$/i.exec(text) ?? [];
  if (address === undefined) {
    const domain = domainToASCII(text);
    return isIP(domain) === 0 && DOMAIN.test(domain) ? domain : undefined;
  }
  if (isIP(address) === 6) return `[IPv6:${address}]`;
  return isIP(address) === 4 && tag === '' ? text : undefined;
}

/** The name for EHLO (RFC 5321 4.1.3). An IPv6 address in brackets need not have the prefix `IPv6:`. */
const ehloName = z.string().transform((text, context) => {
  const name = toEhloName(text);
  if (name !== undefined) return name;
  const inBrackets = isIP(text) === 6 ? `[IPv6:${text}]` : `[${text}]`;
  const message =
    isIP(text) === 0
      ? 'must be a domain, such as mail.example.com, or an IP address in brackets'
      : `must be a domain, such as mail.example.com, or the IP address in brackets: ${inBrackets}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const tokenUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

export const mailSettingFields = {
  MAIL_SERVER: server.optional().describe('Host name of the SMTP server.'),
  MAIL_PORT: commonSettingSchemas
    .whole({ min: 1, max: 65_535 })
    .describe('Port of the SMTP server. Default: 587, or 465 with MAIL_SSL_TLS.'),
  // The user name is secret, because some providers take a token as the user name and the password.
  MAIL_USERNAME: z.string().optional().describe('User name for the SMTP server.').meta({ secret: true }),
  MAIL_PASSWORD: z.string().optional().describe('Password for the SMTP server.').meta({ secret: true }),
  MAIL_FROM: sender
    .optional()
    .describe('The From address of the mails. An internationalized domain is converted to Punycode.'),
  BRAND_NAME: brandNameField,
  MAIL_FROM_NAME: plainText(100)
    .optional()
    .describe(
      "Sender's name. Default: BRAND_NAME. If BRAND_NAME is not set, this is also the product's name in the mails.",
    ),
  MAIL_STARTTLS: commonSettingSchemas
    .flag()
    .describe(
      'With true, the connection must be upgraded with STARTTLS; with false, STARTTLS is not used. Default: true unless MAIL_SSL_TLS is set.',
    ),
  MAIL_SSL_TLS: commonSettingSchemas
    .flag(false)
    .describe('Whether to use TLS from the first byte (usually port 465).'),
  USE_CREDENTIALS: commonSettingSchemas
    .flag(true)
    .describe('Whether to log in to the SMTP server, with MAIL_USERNAME and MAIL_PASSWORD or with a token.'),
  VALIDATE_CERTS: commonSettingSchemas.flag(true).describe("Whether to check the SMTP server's certificate."),
  MAIL_AUTH: z
    .enum(['auto', 'plain', 'login', 'cram-md5', 'xoauth2'])
    .default('auto')
    .describe(
      'How to log in to the SMTP server. With `auto`, the notifier tries PLAIN, LOGIN and CRAM-MD5 in this order, as far as the server offers them, until the server accepts one, and remembers which ones the server has refused. With `xoauth2`, the notifier uses an OAuth token instead of a password.',
    ),
  MAIL_OAUTH_TOKEN_URL: tokenUrl
    .optional()
    .describe('The URL that issues access tokens, such as `https://oauth2.googleapis.com/token`.'),
  MAIL_OAUTH_CLIENT_ID: z.string().optional().describe('Client id for MAIL_OAUTH_TOKEN_URL.'),
  MAIL_OAUTH_CLIENT_SECRET: z
    .string()
    .optional()
    .describe('Client secret for MAIL_OAUTH_TOKEN_URL.')
    .meta({ secret: true }),
  MAIL_OAUTH_REFRESH_TOKEN: z
    .string()
    .optional()
    .describe(
      'Refresh token of the mailbox. Without a refresh token, access tokens are issued for the client itself.',
    )
    .meta({ secret: true }),
  MAIL_OAUTH_SCOPE: z
    .string()
    .optional()
    .describe('Scope to request, such as `https://outlook.office365.com/.default`.'),
  MAIL_OAUTH_TOKEN_FILE: z
    .string()
    .optional()
    .describe(
      'A file with an access token that another program renews; replaces the other MAIL_OAUTH_ settings.',
    ),
  MAIL_EHLO_NAME: ehloName
    .optional()
    .describe(
      'The name that the notifier sends in EHLO. Default: the host of PUBLIC_URL if it is a domain, otherwise the domain of MAIL_FROM.',
    ),
  MAIL_CONNECTIONS: commonSettingSchemas
    .whole({ min: 1, max: 100, fallback: 5 })
    .describe(
      'The maximum number of connections to the SMTP server. If the server allows fewer connections, the notifier uses fewer.',
    ),
  MAIL_WAIT_SECONDS: commonSettingSchemas
    .whole({ min: 1, max: 600, fallback: 600 })
    .describe(
      'The maximum time to wait for a reply of the SMTP server. RFC 5321 requires clients to wait up to 10 minutes.',
    ),
};

const schema = z.object(mailSettingFields);
export type MailSettings = z.infer<typeof schema>;

type Fault = readonly [name: keyof MailSettings, message: string];

function when(wrong: boolean, name: keyof MailSettings, message: string): readonly Fault[] {
  return wrong ? [[name, message]] : [];
}

const REQUIRED = 'is required with MAIL_SERVER unless USE_CREDENTIALS is false';

function faultsOfLogin(config: MailSettings): readonly Fault[] {
  const { MAIL_OAUTH_TOKEN_FILE: file, MAIL_OAUTH_TOKEN_URL: tokens } = config;
  const byToken = config.MAIL_AUTH === 'xoauth2';
  const needed = 'is required with MAIL_OAUTH_TOKEN_URL';
  return [
    ...when(!config.MAIL_USERNAME, 'MAIL_USERNAME', REQUIRED),
    ...when(!byToken && !config.MAIL_PASSWORD, 'MAIL_PASSWORD', REQUIRED),
    ...when(
      !byToken && (file ?? tokens) !== undefined,
      'MAIL_AUTH',
      'must be xoauth2 for the MAIL_OAUTH_ settings to be used',
    ),
    ...when(
      byToken && file === undefined && tokens === undefined,
      'MAIL_OAUTH_TOKEN_URL',
      'is required with MAIL_AUTH=xoauth2, unless MAIL_OAUTH_TOKEN_FILE is given',
    ),
    ...when(
      byToken && file !== undefined && tokens !== undefined,
      'MAIL_OAUTH_TOKEN_FILE',
      'cannot be given together with MAIL_OAUTH_TOKEN_URL: choose one',
    ),
    ...when(tokens !== undefined && !config.MAIL_OAUTH_CLIENT_ID, 'MAIL_OAUTH_CLIENT_ID', needed),
    ...when(tokens !== undefined && !config.MAIL_OAUTH_CLIENT_SECRET, 'MAIL_OAUTH_CLIENT_SECRET', needed),
  ];
}

/** The ports of POP3 and IMAP, without and with TLS (RFC 8314). */
const READING_PORTS: readonly number[] = [110, 143, 993, 995];

/** Returns the faults of mail settings that are valid on their own but contradict each other. */
export function findMailSettingFaults(config: MailSettings): readonly Fault[] {
  const { MAIL_SERVER: host, MAIL_SSL_TLS: implicitTls, MAIL_STARTTLS: startTls, MAIL_PORT: port } = config;
  return [
    ...when(
      implicitTls && startTls === true,
      'MAIL_STARTTLS',
      'cannot be true together with MAIL_SSL_TLS: choose one',
    ),
    ...(host === undefined
      ? []
      : [
          ...when(!config.MAIL_FROM, 'MAIL_FROM', 'is required with MAIL_SERVER'),
          ...when(
            port === 465 && !implicitTls,
            'MAIL_PORT',
            '465 is for TLS from the first byte: set MAIL_SSL_TLS=true and remove MAIL_STARTTLS, or use MAIL_PORT=587',
          ),
          ...when(
            port !== undefined && READING_PORTS.includes(port),
            'MAIL_PORT',
            `${port} is for reading mails (IMAP, POP3): use the port for sending, usually 587 or 465`,
          ),
          ...when(
            port === 587 && implicitTls,
            'MAIL_PORT',
            '587 is for STARTTLS: use MAIL_PORT=465 with MAIL_SSL_TLS, or remove MAIL_SSL_TLS',
          ),
          ...(config.USE_CREDENTIALS ? faultsOfLogin(config) : []),
        ]),
  ];
}
