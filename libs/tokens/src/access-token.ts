/** Access tokens as every service checks them: JWT profile of RFC 9068, ES256 alone. */
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { KeySource } from './key-source.ts';

const CLOCK_SKEW_SECONDS = 60;

// jsonwebtoken checks neither `typ` (another JWT of the same key must not pass for an access token, RFC 9068, 4)
// nor `crit` (what it lists must be understood, RFC 7515, 4.1.11; we understand nothing there).
const headerSchema = z.object({
  alg: z.literal('ES256'),
  typ: z.literal('at+jwt'),
  kid: z.string().min(1).max(200),
  crit: z.undefined().optional(),
});

const seconds = z.number().int().nonnegative();

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.uuid(),
  sid: z.string().min(1),
  client_id: z.string().min(1),
  iat: seconds,
  exp: seconds,
  jti: z.string().min(1),
  email_verified: z.boolean(),
  role: z.string().min(1),
  seq: z.number().int().nonnegative(),
});

/** The claims of an access token: ES256, header `typ: at+jwt` and `kid`, 60 s of clock skew. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  /** The account id. */
  readonly sub: string;
  /** The session id. */
  readonly sid: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly email_verified: boolean;
  readonly role: string;
  /** The account's sequence that the token was decided on: lower than its last SessionsRevoked is dead. */
  readonly seq: number;
}

/**
 * The claims of a genuine, unexpired token of ours, else undefined; never says why to the client.
 * @throws Problem (unavailable) if the keys to check it cannot be had.
 */
export type VerifyToken = (token: string) => Promise<AccessClaims | undefined>;

export function tokenVerifier(options: {
  readonly keys: KeySource;
  readonly issuer: string;
  readonly audience: string;
  now(): Date;
}): VerifyToken {
  return async (token) => {
    const header = headerSchema.safeParse(readHeader(token));
    if (!header.success) return undefined;
    const key = await options.keys.find(header.data.kid);
    if (key === undefined) return undefined;
    const payload = valueOrUndefined(() =>
      jwt.verify(token, key, {
        algorithms: ['ES256'],
        issuer: options.issuer,
        audience: options.audience,
        clockTolerance: CLOCK_SKEW_SECONDS,
        clockTimestamp: Math.floor(options.now().getTime() / 1000),
      }),
    );
    return claimsSchema.safeParse(payload).data;
  };
}

function readHeader(token: string): unknown {
  return valueOrUndefined(() => jwt.decode(token, { complete: true })?.header);
}

/** jsonwebtoken throws, with errors of several kinds, at whatever a stranger may send. */
function valueOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
