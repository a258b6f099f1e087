/**
 * The files to mutate, and the tests that should detect the mutants. docs/security-tests.md lists the mutants that
 * survive because they change no behaviour, with the reasons.
 */

export interface MutationTarget {
  readonly theme: string;
  readonly file: string;
  readonly tests: readonly string[];
}

const TOKENS = ['services/auth/src/tokens/tokens.test.ts'];

export const mutationTargets: readonly MutationTarget[] = [
  { theme: 'guards', file: 'libs/tokens/src/guards.ts', tests: ['libs/tokens/src/guards.test.ts'] },
  {
    theme: 'guards',
    file: 'libs/tokens/src/access-token.ts',
    tests: ['libs/tokens/src/access-token.test.ts'],
  },
  {
    theme: 'guards',
    file: 'services/auth/src/sessions/session-status.ts',
    tests: ['services/auth/src/sessions/session-status.test.ts'],
  },
  { theme: 'link and refresh tokens', file: 'services/auth/src/tokens/link-tokens.ts', tests: TOKENS },
  { theme: 'link and refresh tokens', file: 'services/auth/src/tokens/refresh-tokens.ts', tests: TOKENS },
  {
    theme: 'link and refresh tokens',
    file: 'services/auth/src/account/link.ts',
    tests: ['services/auth/src/account/{verification,password,erasure,email-change}.test.ts'],
  },
  {
    theme: 'link and refresh tokens',
    file: 'services/auth/src/account/same-hash.ts',
    tests: ['services/auth/src/account/same-hash.test.ts'],
  },
  {
    theme: 'link and refresh tokens',
    file: 'services/auth/src/sessions/judge-refresh-token-reuse.ts',
    tests: ['services/auth/src/sessions/judge-refresh-token-reuse.test.ts'],
  },
  {
    theme: 'limits',
    file: 'services/auth/src/limits/ip-key.ts',
    tests: ['services/auth/src/limits/ip-key.test.ts'],
  },
  {
    theme: 'limits',
    file: 'services/auth/src/limits/within-limits.ts',
    tests: ['services/auth/src/limits/within-limits.test.ts'],
  },
  {
    theme: 'mail budgets',
    file: 'services/auth/src/limits/mail-budget.ts',
    tests: ['services/auth/src/limits/mail-budget.test.ts'],
  },
  {
    theme: 'mail budgets',
    file: 'services/auth/src/requests/written-requests.ts',
    tests: [
      'services/auth/src/requests/written-requests.test.ts',
      'services/auth/src/sign-up/sign-up.test.ts',
    ],
  },
  {
    theme: 'canonical addresses',
    file: 'services/auth/src/addresses/email.ts',
    tests: ['services/auth/src/addresses/email.test.ts'],
  },
  {
    theme: 'sealing',
    file: 'libs/tokens/src/jwe.ts',
    tests: ['libs/tokens/src/jwe.test.ts'],
  },
  {
    theme: 'sealing',
    file: 'services/notifier/src/adapters/decrypter.jose.ts',
    tests: ['services/notifier/src/adapters/decrypter.jose.test.ts'],
  },
  {
    theme: 'sealing',
    file: 'services/notifier/src/sending/seal.ts',
    tests: ['services/notifier/src/sending/seal.test.ts'],
  },
];
