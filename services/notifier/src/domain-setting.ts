import { domainToASCII } from 'node:url';
import { z } from 'zod';

/**
 * Declares a setting whose value is a domain. The domain may be given in any script; the parsed value is in ASCII
 * (Punycode), without a dot at the end.
 */
export function createDomainSettingSchema(example: string) {
  return z
    .string()
    .transform((text) => domainToASCII(text.replace(/\.$/, '')))
    .refine((text) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text), `must be a domain, such as ${example}`);
}
