/**
 * The cost of password hashes in tests, which is far below the minimum of the setting HASH_COSTS, because
 * tests hash many passwords.
 */
import type { HashCosts } from '../passwords/hashing/costs.ts';

export const TEST_HASH_COSTS: HashCosts = [{ memoryKib: 8, passes: 1 }];
