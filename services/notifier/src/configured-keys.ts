/** The keys of a process, as its store remembers them. */
import { createPrivateKey } from 'node:crypto';
import { keyPairFingerprint, secretFingerprint } from '@latchkey/process';
import type { ConfiguredKeys } from '@latchkey/store';
import type { DkimConfig } from './dkim-settings.ts';
import type { DeliveryReportConfig } from './report-settings.ts';

/**
 * Returns the keys that bounce addresses and DKIM signatures are made with. A key is needed until some days after the
 * last mail was sent with it, so the store does not insist on an old one; it records only since when each key has
 * been in use.
 */
export function configuredKeysOf({
  MAIL_BOUNCE_KEY: bounces,
  MAIL_DKIM_PRIVATE_KEY: dkim,
}: Pick<DkimConfig, 'MAIL_DKIM_PRIVATE_KEY'> & Pick<DeliveryReportConfig, 'MAIL_BOUNCE_KEY'>): Readonly<
  Record<string, ConfiguredKeys>
> {
  return {
    ...(bounces && {
      MAIL_BOUNCE_KEY: {
        keys: bounces.map(({ bytes }) => secretFingerprint('MAIL_BOUNCE_KEY', bytes)),
        needed: false,
      },
    }),
    ...(dkim && {
      MAIL_DKIM_PRIVATE_KEY: {
        keys: dkim.map(({ privateKey }) => keyPairFingerprint(createPrivateKey(privateKey))),
        needed: false,
      },
    }),
  };
}
