/**
 * The header `<account id>:<sequence>`. Responses to changes have it. If a client sends it back, the response shows
 * a state that has reached this sequence.
 */
export const ACCOUNT_SEQUENCE = 'Account-Sequence';
