/** The client of a request, as security events show it. */
import { createHmac } from 'node:crypto';
import { ipAddress, networkKey } from '../limits/ip-key.ts';
import type { Origin } from '../ports/audit.ts';

export type IpForm =
  | { readonly form: 'full' | 'prefix' | 'none' }
  | { readonly form: 'hmac'; readonly key: Buffer };

export interface Client {
  readonly ip?: string;
  readonly ipPrefix?: string;
  readonly ipHmac?: string;
  readonly userAgent: string;
}

export function clientOf({ ip, userAgent }: Origin, how: IpForm): Client {
  switch (how.form) {
    case 'full':
      return { ip: ipAddress(ip), userAgent };
    case 'prefix':
      return { ipPrefix: networkKey(ip), userAgent };
    case 'hmac': {
      const mac = createHmac('sha256', how.key).update(`latchkey audit ${ipAddress(ip)}`);
      return { ipHmac: mac.digest('base64url'), userAgent };
    }
    case 'none':
      return { userAgent };
  }
}
