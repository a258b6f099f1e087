/** Estimates with zxcvbn-ts how easy a password is to guess. */
import { createRequire } from 'node:module';
import { createClearStrengthCheck } from './clearly-strong.ts';
import { readCommonPasswords, readKeyboardGraphs, readWords } from './word-lists.ts';

/** The reason why a password is easy to guess. */
export type PasswordWeakness = 'own_words' | 'common' | 'repeated' | 'sequence' | 'guessable';

/**
 * The minimum score of a password, on zxcvbn's scale from 0 to 4. Passwords with this score withstand an
 * offline attack on a slow hash (https://github.com/dropbox/zxcvbn#usage).
 */
const LEAST_SCORE = 3;
/**
 * How many leading characters of a password zxcvbn estimates, which takes about 5 ms. Estimating a password
 * of maximum length would take three times as long.
 */
const ESTIMATED_LENGTH = 40;
const MAX_SUBSTITUTIONS = 8;

const weaknesses: Readonly<Record<string, PasswordWeakness>> = {
  userInputs: 'own_words',
  simpleRepeat: 'repeated',
  extendedRepeat: 'repeated',
  sequences: 'sequence',
  straightRow: 'sequence',
  keyPattern: 'sequence',
  dates: 'sequence',
  recentYears: 'sequence',
  topTen: 'common',
  topHundred: 'common',
  common: 'common',
  similarToCommon: 'common',
};

/**
 * Returns the reason why a password is easy to guess; undefined if it is not.
 * @param ownWords words that belong to the account, such as its username
 */
export function findPasswordWeakness(
  password: string,
  ownWords: readonly string[],
): PasswordWeakness | undefined {
  const estimated = [...password].slice(0, ESTIMATED_LENGTH).join('');
  if (clearStrengthCheck()(estimated, ownWords)) return;
  const { score, feedback } = estimator().check(estimated, [...ownWords]);
  return score < LEAST_SCORE ? (weaknesses[feedback.warning ?? ''] ?? 'guessable') : undefined;
}

type Core = typeof import('@zxcvbn-ts/core');

/**
 * Loads the core of zxcvbn-ts when it is first needed, like everything in this file that needs the word
 * lists.
 */
function core(): Core {
  return createRequire(import.meta.url)('@zxcvbn-ts/core');
}

let isClearlyStrong: ReturnType<typeof createClearStrengthCheck> | undefined;

/**
 * Returns the check for clearly strong passwords. The check is created when it is first needed, because this
 * blocks the process for about 200 ms and takes 7 MB.
 */
function clearStrengthCheck() {
  isClearlyStrong ??= createClearStrengthCheck({
    words: [...readCommonPasswords(), ...readWords()],
    keyboards: readKeyboardGraphs(),
    substitutions: new (core().Options)().l33tTable,
  });
  return isClearlyStrong;
}

let loaded: InstanceType<Core['ZxcvbnFactory']> | undefined;

/**
 * Returns the zxcvbn estimator. It is created for the first password that is not clearly strong, because this
 * blocks the process for about 150 ms and takes 14 MB.
 */
function estimator(): InstanceType<Core['ZxcvbnFactory']> {
  loaded ??= new (core().ZxcvbnFactory)({
    dictionary: { passwords: [...readCommonPasswords()], words: [...readWords()] },
    graphs: readKeyboardGraphs(),
    l33tMaxSubstitutions: MAX_SUBSTITUTIONS,
  });
  return loaded;
}
