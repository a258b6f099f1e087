/** Returns the account id of a record on the accounts topic. The record key is `<account>/<sequence>`. */
export function getAccountIdOfRecord({ key }: { readonly key: unknown }): string {
  return String(key).split('/')[0] ?? '';
}
