import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** Declares a setting that is a domain, in any script. Its value is in ASCII, without a dot at the end. */
export function domainSetting(example: string) {
  return z
    .string()
    .transform((text) => domainToASCII(text.replace(/\.$/, '')))
    .refine((text) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text), `must be a domain, such as ${example}`);
}
