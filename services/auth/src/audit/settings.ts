/** The settings of security events, used by the service and by `ops`. */
import { commonSettingSchemas, createSecretKeySetting, parseSecretKeys } from '@latchkey/process';
import { z } from 'zod';

export const auditSettingsSchema = z.object({
  AUDIT_IP: z
    .enum(['full', 'prefix', 'hmac', 'none'])
    .default('prefix')
    .describe(
      "The client's IP in security events: `full`, `prefix` (the /24, or the /56 of IPv6), `hmac` (with AUDIT_IP_KEY) or `none`.",
    ),
  AUDIT_IP_KEY: createSecretKeySetting(parseSecretKeys)
    .optional()
    .describe(
      '32 random bytes in base64url, or a JWKS of such keys (`oct`), newest first; required with `AUDIT_IP=hmac`. The first key makes the pseudonyms of new events; with the other keys, `ops audit search --ip` still finds earlier events. Anybody who has a key can find out the IPs behind its pseudonyms.',
    )
    .meta({ secret: true }),
  AUDIT_RETENTION_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 3650, fallback: 90 })
    .describe(
      'How long security events are kept, on their topic and in the histories of accounts. Give auth and `ops topics` the same value.',
    ),
});

type AuditConfig = z.infer<typeof auditSettingsSchema>;

/** Returns a fault for each invalid combination of the audit settings. */
export function findAuditSettingFaults({
  AUDIT_IP,
  AUDIT_IP_KEY,
}: AuditConfig): readonly (readonly [name: keyof AuditConfig, message: string])[] {
  if (AUDIT_IP !== 'hmac' || AUDIT_IP_KEY !== undefined) return [];
  return [['AUDIT_IP_KEY', 'is required with AUDIT_IP=hmac']];
}
