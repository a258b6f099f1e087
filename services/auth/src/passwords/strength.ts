/** Estimates with zxcvbn-ts how easy a password is to guess. */
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createClearlyStrongCheck } from './clearly-strong.ts';
import { readCommonPasswords, readKeyboardGraphs, readWords } from './word-lists.ts';

/** The reasons for which a password is easy to guess. */
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
 * Returns the reason why a password is easy to guess; undefined if it is not. An estimate blocks the process
 * for some milliseconds.
 * @param ownWords words that belong to the account, such as its username
 */
export async function findPasswordWeakness(
  password: string,
  ownWords: readonly string[],
): Promise<PasswordWeakness | undefined> {
  const estimated = [...password].slice(0, ESTIMATED_LENGTH).join('');
  const isClearlyStrong = await loadClearStrengthCheck();
  if (isClearlyStrong(estimated, ownWords)) return undefined;
  const estimator = await loadEstimator();
  const { score, feedback } = estimator.check(estimated, [...ownWords]);
  return score < LEAST_SCORE ? (weaknesses[feedback.warning ?? ''] ?? 'guessable') : undefined;
}

type Core = typeof import('@zxcvbn-ts/core');

/** Loads the core of zxcvbn-ts, which this file does only when a password must be estimated. */
function core(): Core {
  return createRequire(import.meta.url)('@zxcvbn-ts/core');
}

/**
 * Returns a function that loads something when it is first called, and then returns the same promise to all
 * callers. If loading fails, the next call tries again.
 */
function createLazyLoader<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/**
 * Returns the check for clearly strong passwords. The check is created when it is first needed, because this
 * takes about 200 ms of CPU time and 7 MB.
 */
const loadClearStrengthCheck = createLazyLoader(async () =>
  createClearlyStrongCheck({
    words: [...(await readCommonPasswords()), ...(await readWords())],
    keyboards: await readKeyboardGraphs(),
    substitutions: new (core().Options)().l33tTable,
  }),
);

/**
 * Returns the zxcvbn estimator. It is created for the first password that is not clearly strong, because this
 * takes about 150 ms of CPU time and 14 MB.
 */
const loadEstimator = createLazyLoader(createEstimator);

/**
 * Creates the zxcvbn estimator. Adds the words step by step, so that other work can run in between; passing
 * all words to the constructor would block the process.
 */
async function createEstimator(): Promise<InstanceType<Core['ZxcvbnFactory']>> {
  const graphs = await readKeyboardGraphs();
  const estimator = new (core().ZxcvbnFactory)({ graphs, l33tMaxSubstitutions: MAX_SUBSTITUTIONS });
  const { options } = estimator as unknown as { readonly options: InstanceType<Core['Options']> };
  const lists = { passwords: await readCommonPasswords(), words: await readWords() };
  for (const [name, words] of Object.entries(lists)) {
    options.rankedDictionaries[name] = await computeWordRanks(words);
    options.rankedDictionariesMaxWordSize[name] = words.reduce(
      (most, { length }) => Math.max(most, length),
      0,
    );
  }
  return estimator;
}

/** How many words are ranked in one turn of the event loop. This takes about 3 ms. */
const WORDS_PER_TURN = 5000;

/** Returns the rank of each word, counted from 1. Lets other work run in between. */
export async function computeWordRanks(words: readonly string[]): Promise<Record<string, number>> {
  const ranks: Record<string, number> = {};
  for (const [index, word] of words.entries()) {
    if (index % WORDS_PER_TURN === 0) await nextTurn();
    ranks[word] = index + 1;
  }
  return ranks;
}
