/** Estimates with zxcvbn-ts how easy a password is to guess. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The reason why a password is easy to guess. */
export type PasswordWeakness = 'own_words' | 'common' | 'repeated' | 'sequence' | 'guessable';

/**
 * The minimum score, on zxcvbn's scale from 0 to 4. Passwords with this score withstand an offline attack on
 * a slow hash (https://github.com/dropbox/zxcvbn#usage).
 */
const LEAST_SCORE = 3;
/**
 * The number of common passwords that the estimator knows. A longer list would take more memory, and would
 * refuse hardly any further password.
 */
const COMMON = 30_000;
/**
 * Only this many leading characters are estimated, which takes about 5 ms. Estimating a password of maximum
 * length would take three times as long.
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
  const { score, feedback } = estimator().check(estimated, [...ownWords]);
  return score < LEAST_SCORE ? (weaknesses[feedback.warning ?? ''] ?? 'guessable') : undefined;
}

type Core = typeof import('@zxcvbn-ts/core');

let loaded: InstanceType<Core['ZxcvbnFactory']> | undefined;

/** Returns the estimator. It is loaded lazily, because loading takes 65 ms and 6 MB. */
function estimator(): InstanceType<Core['ZxcvbnFactory']> {
  if (loaded !== undefined) return loaded;
  const { ZxcvbnFactory }: Core = createRequire(import.meta.url)('@zxcvbn-ts/core');
  // Reads the JSON files directly, because importing the package would decompress all of its 49,000
  // passwords.
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
