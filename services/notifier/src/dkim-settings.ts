/** The settings of DKIM signatures. */
import { domainToASCII } from 'node:url';
import { createSecretKeySetting } from '@latchkey/process';
import { z } from 'zod';
import { DKIM_SELECTOR_PATTERN, type DkimSigningSettings, parseDkimKeys } from './dkim-key.ts';
import { createDomainSettingSchema } from './domain-setting.ts';

const selector = z.string().regex(DKIM_SELECTOR_PATTERN, 'must be a name in DNS, such as latchkey1');

export const dkimSettingFields = {
  MAIL_DKIM_DOMAIN: createDomainSettingSchema('example.com')
    .optional()
    .describe(
      'The domain that mails are signed for: the domain of MAIL_FROM. Set all MAIL_DKIM_ settings or none.',
    ),
  MAIL_DKIM_SELECTOR: selector
    .optional()
    .describe(
      'The selector: the name of the key below `_domainkey` of MAIL_DKIM_DOMAIN. This setting is not needed if MAIL_DKIM_PRIVATE_KEY is a JWKS, whose keys have their own names.',
    ),
  MAIL_DKIM_PRIVATE_KEY: createSecretKeySetting(parseDkimKeys)
    .optional()
    .describe(
      'The private RSA key in PEM, as created by `ops mail dkim`; or a JWKS of such keys, newest first, whose ids are their selectors, as `ops keys rotate dkim` creates it. The first key signs mails.',
    )
    .meta({ secret: true }),
};

const schema = z.object(dkimSettingFields);
export type DkimConfig = z.infer<typeof schema>;

/** Returns whether two domains are equal, or one is a subdomain of the other. */
function areRelated(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

/** Returns the faults of DKIM settings that are valid on their own but contradict each other. */
export function findDkimSettingFaults(
  config: DkimConfig & { readonly MAIL_FROM?: string | undefined },
): readonly (readonly [name: keyof DkimConfig, message: string])[] {
  const names = Object.keys(schema.shape) as readonly (keyof DkimConfig)[];
  const given = names.filter((name) => config[name] !== undefined);
  if (given.length === 0) return [];
  const isNamed = config.MAIL_DKIM_PRIVATE_KEY?.[0].selector !== undefined;
  const missing = names
    .filter((name) => !given.includes(name) && !(isNamed && name === 'MAIL_DKIM_SELECTOR'))
    .map((name) => [name, `is required with ${given.join(' and ')}`] as const);
  const { MAIL_DKIM_DOMAIN: signs, MAIL_FROM: from } = config;
  const sender = from === undefined ? undefined : domainToASCII(from.slice(from.lastIndexOf('@') + 1));
  if (typeof signs !== 'string' || sender === undefined || areRelated(signs, sender)) return missing;
  return [
    ...missing,
    ['MAIL_DKIM_DOMAIN', `must be the domain of MAIL_FROM (${sender}), or DMARC ignores the signature`],
  ];
}

/** Returns the settings for signing mails with DKIM; undefined if mails are not signed. */
export function toDkimSigningSettings({
  MAIL_DKIM_DOMAIN: domainName,
  MAIL_DKIM_SELECTOR: name,
  MAIL_DKIM_PRIVATE_KEY: keys,
}: DkimConfig): DkimSigningSettings | undefined {
  if (domainName === undefined || keys === undefined) return undefined;
  const [{ selector: ownName = name, privateKey }] = keys;
  return ownName === undefined ? undefined : { domain: domainName, selector: ownName, privateKey };
}
