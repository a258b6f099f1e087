/** Generates the DKIM key that signs mails. */

import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { createDkimDnsRecord, findDkimKeyFault, generateDkimKey } from '@latchkey/notifier/ops';
import { createTextFile, readTextFile } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import { formatExamples } from '../program.ts';

export const DKIM_DOMAIN_HELP = 'domain that signs. Default: MAIL_DKIM_DOMAIN, or the domain of MAIL_FROM';

export function addMailDkimCommand(
  mail: Command<[], Record<never, never>, { wait: boolean }>,
  context: CommandContext,
): void {
  mail
    .command('dkim')
    .description('create a DKIM key and print its DNS record; an existing key is kept')
    .argument('<file>', 'where to write the private key')
    .option('--domain <domain>', DKIM_DOMAIN_HELP)
    .option('--selector <name>', 'name of the key. Default: MAIL_DKIM_SELECTOR, or latchkey1')
    .addHelpText('after', formatExamples('mail dkim /srv/latchkey/dkim.pem --domain example.com'))
    .action(async (file, options) => {
      const { environment, print, note } = context;
      const domain = resolveDkimDomain(options.domain, environment);
      const selector = options.selector ?? (environment['MAIL_DKIM_SELECTOR'] || 'latchkey1');
      const path = resolve(file);
      const { privateKey, isNew } = await keyIn(path);
      note(isNew ? `${path}: made a key.` : `${path}: there is a key already; this is its record.`);
      print(formatDkimDnsRecord({ domain, selector, privateKey }));
      print('');
      print(`MAIL_DKIM_DOMAIN=${domain}`);
      print(`MAIL_DKIM_SELECTOR=${selector}`);
      print(`MAIL_DKIM_PRIVATE_KEY_FILE=${path}`);
    });
}

/**
 * Returns the domain for DKIM signatures: the value of `--domain`, otherwise the value of MAIL_DKIM_DOMAIN,
 * otherwise the domain of the address in MAIL_FROM.
 * @param given the value of `--domain`
 * @throws Error with a one-line message if no domain is set
 */
export function resolveDkimDomain(
  given: string | undefined,
  environment: CommandContext['environment'],
): string {
  const domain =
    given ?? (environment['MAIL_DKIM_DOMAIN'] || environment['MAIL_FROM']?.split('@').at(-1) || undefined);
  if (domain !== undefined) return domain;
  throw new Error('--domain is required, because neither MAIL_DKIM_DOMAIN nor MAIL_FROM is set');
}

/** Returns the DNS record of a key as a line of a zone file. */
export function formatDkimDnsRecord(key: Parameters<typeof createDkimDnsRecord>[0]): string {
  const { name, type, parts } = createDkimDnsRecord(key);
  return `${name}. IN ${type} ${parts.map((part) => `"${part}"`).join(' ')}`;
}

interface KeyFile {
  readonly privateKey: string;
  readonly isNew: boolean;
}

/**
 * Returns the DKIM key in a file. If the file does not exist, creates it with a new key and mode 0600.
 * @throws Error if the file exists but contains no usable key
 */
async function keyIn(path: string): Promise<KeyFile> {
  await mkdir(dirname(path), { recursive: true });
  const isNew = (await readTextFile(path)) === undefined && (await createTextFile(path, generateDkimKey()));
  const privateKey = (await readTextFile(path)) ?? '';
  const fault = findDkimKeyFault(privateKey);
  if (fault !== undefined) throw new Error(`${path} ${fault}`);
  return { privateKey, isNew };
}
