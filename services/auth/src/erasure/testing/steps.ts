import {
  type AccountBeingErased,
  createErasureStepsForStores,
  type EraseAccountDeps,
  type ErasureStep,
  eraseAccountsFromLog,
  finishErasure,
} from '../erase.ts';

/**
 * Returns all steps of the erasure of one account, in the order in which the sweep runs them.
 * @param addresses the addresses of the account that no other account has
 */
export function createErasureSteps(
  deps: EraseAccountDeps,
  erasing: AccountBeingErased,
  addresses: readonly string[],
): readonly ErasureStep[] {
  return [
    ...createErasureStepsForStores(deps, erasing.account, addresses),
    { name: 'log', run: () => eraseAccountsFromLog(deps, [erasing.account]) },
    { name: 'end', run: () => finishErasure(deps, erasing) },
  ];
}
