/** Returns the account of a record on the accounts topic, whose key is `<account>/<sequence>`. */
export function accountOfRecord({ key }: { readonly key: unknown }): string {
  return String(key).split('/')[0] ?? '';
}
