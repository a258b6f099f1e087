/** Returns the account of a record on the topic of accounts: its key is `<account>/<sequence>`. */
export function accountOf({ key }: { readonly key: unknown }): string {
  return String(key).split('/')[0] ?? '';
}
