import {
  type EraseDeps,
  type ErasingAccount,
  type ErasureStep,
  eraseFromLog,
  finishErasure,
  storeSteps,
} from '../erase.ts';

/**
 * Returns all steps of the erasure of one account, in the order in which the sweep runs them.
 * @param addresses the addresses of the account that no other account has
 */
export function erasureSteps(
  deps: EraseDeps,
  erasing: ErasingAccount,
  addresses: readonly string[],
): readonly ErasureStep[] {
  return [
    ...storeSteps(deps, erasing.account, addresses),
    { name: 'log', run: () => eraseFromLog(deps, [erasing.account]) },
    { name: 'end', run: () => finishErasure(deps, erasing) },
  ];
}
