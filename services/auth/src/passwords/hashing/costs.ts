/** The setting HASH_COSTS: how expensive password hashes are to compute. */

/** The parameters of argon2id that determine how expensive a hash is to compute. */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
}

/** The cost of new password hashes, followed by other costs that stored hashes may have. */
export type HashCosts = readonly [HashCost, ...HashCost[]];

/** Thrown if HASH_COSTS is invalid. The error message says why. */
export class HashCostsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HashCostsError';
  }
}

/**
 * The minimum product of memory and passes: the lowest in the table of OWASP's Password Storage Cheat Sheet,
 * for 7168 KiB and 5 passes.
 */
const LEAST = 35_840;
const MOST_MEMORY_KIB = 1_048_576;
const MOST_PASSES = 20;

/**
 * Parses a list of hash costs, for example `65536:3,19456:2`.
 * @throws HashCostsError
 */
export function parseHashCosts(text: string): HashCosts {
  const costs = text.split(',').map((item) => parseCost(item.trim()));
  const [first, ...others] = costs;
  if (first === undefined || new Set(costs.map(formatHashCost)).size < costs.length)
    throw new HashCostsError('must name each cost once');
  return [first, ...others];
}

/** Formats a cost in the format of HASH_COSTS, for example `19456:2`. */
export function formatHashCost({ memoryKib, passes }: HashCost): string {
  return `${memoryKib}:${passes}`;
}

function parseCost(text: string): HashCost {
  const [, memoryKib = 0, passes = 0] = (/^(\d{1,7}):(\d{1,2})$/.exec(text) ?? []).map(Number);
  if (memoryKib * passes < LEAST || memoryKib > MOST_MEMORY_KIB || passes > MOST_PASSES)
    throw new HashCostsError(
      `must be a list of KiB:passes, such as 65536:3,19456:2; each at least as costly as 19456:2 or 7168:5, at most ${MOST_MEMORY_KIB}:${MOST_PASSES}`,
    );
  return { memoryKib, passes };
}
