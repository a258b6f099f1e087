/** Estimates with zxcvbn-ts how easy a password is to guess. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The reason why a password is easy to guess. */
export type Weakness = 'own_words' | 'common' | 'repeated' | 'sequence' | 'guessable';

/**
 * The minimum score, out of 4: such a password withstands an offline attack on a slow hash
 * (https://github.com/dropbox/zxcvbn#usage).
 */
const LEAST_SCORE = 3;
/**
 * The number of common passwords that the estimate knows. More would take memory, and hardly any further password would
 * be refused.
 */
const COMMON = 30_000;
/**
 * The number of characters that are estimated. The estimate takes about 5 ms for this length, and three times as long
 * for the longest password.
 */
const ESTIMATED_LENGTH = 40;
const MAX_SUBSTITUTIONS = 8;

const weaknesses: Readonly<Record<string, Weakness>> = {
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
 * Returns what makes a password guessable; undefined if nothing does.
 * @param ownWords words that belong to the account, such as its username
 */
export function findWeakness(password: string, ownWords: readonly string[]): Weakness | undefined {
  const estimated = [...password].slice(0, ESTIMATED_LENGTH).join('');
  const { score, feedback } = estimator().check(estimated, [...ownWords]);
  return score < LEAST_SCORE ? (weaknesses[feedback.warning ?? ''] ?? 'guessable') : undefined;
}

type Core = typeof import('@zxcvbn-ts/core');

let loaded: InstanceType<Core['ZxcvbnFactory']> | undefined;

/** Returns the estimator, which is loaded when the first new password arrives, because it takes 65 ms and 6 MB. */
function estimator(): InstanceType<Core['ZxcvbnFactory']> {
  if (loaded !== undefined) return loaded;
  const { ZxcvbnFactory }: Core = createRequire(import.meta.url)('@zxcvbn-ts/core');
  // Reads the package's files directly: importing the package would unpack all of its 49,000 passwords.
  const passwords: string[] = read('passwords');
  loaded = new ZxcvbnFactory({
    dictionary: { passwords: passwords.slice(0, COMMON) },
    graphs: read('adjacencyGraphs'),
    l33tMaxSubstitutions: MAX_SUBSTITUTIONS,
  });
  return loaded;
}

function read(name: 'passwords' | 'adjacencyGraphs') {
  const file = import.meta.resolve(`@zxcvbn-ts/language-common/src/${name}.json`);
  return JSON.parse(readFileSync(new URL(file), 'utf8'));
}
