/** The keys that a notifier process is configured with, in the form in which the store records them. */
import { createPrivateKey } from 'node:crypto';
import { computeKeyPairFingerprint, computeSecretFingerprint } from '@latchkey/process';
import type { ConfiguredKeys } from '@latchkey/store';
import type { DkimConfig } from './dkim-settings.ts';
import type { DeliveryReportConfig } from './report-settings.ts';

/**
 * Returns the keys for bounce addresses and DKIM signatures, in the form in which the store records them. No
 * stored data needs these keys, and an operator may remove a key some days after the last mail was sent with
 * it. The keys are therefore marked as not needed, so that the process also starts if its settings lack a key
 * that the store has recorded.
 */
export function listConfiguredKeys({
  MAIL_BOUNCE_KEY: bounces,
  MAIL_DKIM_PRIVATE_KEY: dkim,
}: Pick<DkimConfig, 'MAIL_DKIM_PRIVATE_KEY'> & Pick<DeliveryReportConfig, 'MAIL_BOUNCE_KEY'>): Readonly<
  Record<string, ConfiguredKeys>
> {
  return {
    ...(bounces && {
      MAIL_BOUNCE_KEY: {
        keys: bounces.map(({ bytes }) => computeSecretFingerprint('MAIL_BOUNCE_KEY', bytes)),
        needed: false,
      },
    }),
    ...(dkim && {
      MAIL_DKIM_PRIVATE_KEY: {
        keys: dkim.map(({ privateKey }) => computeKeyPairFingerprint(createPrivateKey(privateKey))),
        needed: false,
      },
    }),
  };
}
