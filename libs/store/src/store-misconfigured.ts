/**
 * Thrown if the settings of a store are wrong or refused, so that waiting does not help. The message is one
 * line for the operator.
 */
export class StoreMisconfigured extends Error {
  override readonly name = 'StoreMisconfigured';
}
